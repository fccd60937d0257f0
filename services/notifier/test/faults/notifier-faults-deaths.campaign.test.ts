import { campaign } from "./campaign.ts";

campaign("deaths");
