import { campaign } from "./campaign.ts";

campaign("channel");
