import { campaign } from "./campaign.ts";

campaign("recipients");
