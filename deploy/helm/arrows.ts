/** Who may speak to whom in a release: what its NetworkPolicies open, and what they should. */

import { listOf, type Manifest, mapOf, matches, type Tree, textOf, workloadsOf } from "./manifests.ts";

const SERVICES = ["edge", "presence", "notifier"];
const each = (...arrows: string[]) => SERVICES.flatMap((service) => arrows.map((arrow) => `${service} ${arrow}`));
const MINIMAL = [
  "edge <- clients any",
  ...each("<- internal monitoring", "-> 53 kube-system", "-> 53/udp kube-system", "-> 6379 any", "-> 4222 any"),
  "edge -> 443 any",
];

/** What a release needs and nothing else, by set of values: docs/architecture.md, docs/security.md. */
const ARROWS: Record<string, string[]> = {
  minimal: MINIMAL,
  "redis sentinel": [...MINIMAL, ...each("-> 26379 any")],
  everything: [
    ...MINIMAL,
    ...each("-> 4318 any"),
    "edge <- clients smoke",
    ...[443, 465, 587].map((port) => `notifier -> ${port} any`),
    "smoke -> 53 kube-system",
    "smoke -> 53/udp kube-system",
    "smoke -> 4222 any",
    "smoke -> clients edge",
  ],
};
const peerName = (arrow: string) =>
  arrow.replace(/\[.*"(?:kubernetes\.io\/metadata\.name|app\.kubernetes\.io\/component)":"([^"]*)".*$/, "$1");

/** A line for each arrow that is missing or too much; of sets that are not listed, only whether all is closed at first. */
export function arrowBreaches(name: string, objects: readonly Manifest[]): string[] {
  const open = isDeniedByDefault(objects) === (name === "bare") ? ["it does not deny by default"] : [];
  for (const { kind, metadata, spec } of objects) {
    if (kind !== "NetworkPolicy") continue;
    const directions = ["Ingress", "Egress"].filter((one) => spec[one.toLowerCase()] !== undefined);
    const types = listOf(spec.policyTypes).map(textOf);
    if (types.length === 0 || !directions.every((one) => types.includes(one)))
      open.push(`no direction: ${metadata.name}`);
    const isOurs = mapOf(spec.podSelector!.matchLabels)["app.kubernetes.io/instance"] !== undefined;
    if (!isOurs) open.push(`of other releases too: ${metadata.name}`);
  }
  const wanted = ARROWS[name];
  if (wanted === undefined) return open;
  const present = arrowsOf(objects).map(peerName);
  return [
    ...open,
    ...wanted.filter((arrow) => !present.includes(arrow)).map((arrow) => `missing: ${arrow}`),
    ...present.filter((arrow) => !wanted.includes(arrow)).map((arrow) => `too much: ${arrow}`),
  ];
}

/** A line each: `edge -> 6379`, `edge <- clients`. Sorted. */
export function arrowsOf(objects: readonly Manifest[]): string[] {
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
  const arrows = policies.flatMap(({ spec }) => {
    const services = listOf(spec.podSelector!.matchExpressions).flatMap(({ values }) => listOf(values).map(textOf));
    const portsOf = (rule: Tree) =>
      listOf(rule.ports).map(({ port, protocol }) =>
        textOf(protocol) === "UDP" ? `${textOf(port)}/udp` : textOf(port),
      );
    const peer = (rule: Tree, side: string) => (rule[side] === undefined ? "any" : JSON.stringify(rule[side]));
    return services.flatMap((service) => [
      ...listOf(spec.ingress).flatMap((rule) =>
        portsOf(rule).map((port) => `${service} <- ${port} ${peer(rule, "from")}`),
      ),
      ...listOf(spec.egress).flatMap((rule) =>
        portsOf(rule).map((port) => `${service} -> ${port} ${peer(rule, "to")}`),
      ),
    ]);
  });
  return arrows.toSorted();
}

/** Every pod of the release is closed in both directions before anything is opened. */
export function isDeniedByDefault(objects: readonly Manifest[]): boolean {
  return objects
    .filter(({ kind, spec }) => kind === "NetworkPolicy" && spec.ingress === undefined && spec.egress === undefined)
    .some(
      ({ spec }) =>
        textOf(spec.policyTypes) === "Ingress,Egress" &&
        spec.podSelector!.matchExpressions === undefined &&
        workloadsOf(objects).every(({ labels }) => matches(mapOf(spec.podSelector!.matchLabels), labels)),
    );
}
