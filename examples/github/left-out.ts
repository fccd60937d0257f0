/** Families of webhooks that the contract does not declare: nobody who looks at a repository is meant by them. */

export const LEFT_OUT: Readonly<Record<string, string>> = {
  github_app_authorization: "between one account and an app; names no repository",
  installation: "for the app's own backend: an app was installed on an account",
  installation_repositories: "for the app's own backend; lists repositories that the reader may not see",
  marketplace_purchase: "billing, between one account and a seller",
  membership: "of an organization's team: who is in it may be secret",
  org_block: "of an organization: whom it blocked is for its owners",
  organization: "of an organization: invitations are for its owners",
  ping: "a test of the connection",
  projects_v2_item: "of an organization's project, which may be private where its repositories are not",
  security_advisory: "of GitHub's database: the same for everybody, about no repository",
  sponsorship: "money between two accounts; tiers may be private",
  team: "mostly of an organization; a team that gets a repository is `team_add`, which is declared",
};
