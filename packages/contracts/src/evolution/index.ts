export type { Change } from "./change.ts";
export { diffContracts } from "./diff.ts";
export {
  CHANGE_CLASSES,
  type ChangeClass,
  ROLES,
  RULE_IDS,
  RULES,
  type Rule,
  type RuleId,
  rolesTable,
  rulesTable,
} from "./rules.ts";
