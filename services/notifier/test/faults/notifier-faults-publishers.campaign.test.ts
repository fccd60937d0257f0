import { campaign } from "./campaign.ts";

campaign("publishers");
