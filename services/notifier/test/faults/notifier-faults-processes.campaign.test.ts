import { campaign } from "./campaign.ts";

campaign("processes");
