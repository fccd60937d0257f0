/** Of what every Node process tells of itself, what an operator looks at. The names are prom-client's. */

export interface ProcessMetric {
  name: string;
  type: "counter" | "gauge" | "histogram";
  labels: string[];
  meaning: string;
  advice: string;
}

export const PROCESS_METRICS: readonly ProcessMetric[] = [
  {
    name: "process_cpu_seconds_total",
    type: "counter",
    labels: [],
    meaning: "CPU time of the process.",
    advice: "One core is all that its event loop can use: at 0.7 of one, add edges or replicas.",
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    labels: [],
    meaning: "Memory of the process.",
    advice: "Compare with the container's limit; what of it are connections says `rollcall_edge_held`.",
  },
  {
    name: "nodejs_heap_size_used_bytes",
    type: "gauge",
    labels: [],
    meaning: "Heap in use, garbage included.",
    advice: "A floor that rises while sockets do not is a leak: keep a heap snapshot.",
  },
  {
    name: "nodejs_external_memory_bytes",
    type: "gauge",
    labels: [],
    meaning: "Buffers outside of the heap.",
    advice: "Grows with frames that wait for slow readers, as `rollcall_edge_write_buffer_bytes` does.",
  },
  {
    name: "nodejs_gc_duration_seconds",
    type: "histogram",
    labels: ["kind"],
    meaning: "Garbage collections, by kind.",
    advice:
      "`rate` of its sum is the share of time spent: above 0.1, or `major` ones of 50 ms, the heap is short: more memory, or fewer sockets a process.",
  },
  {
    name: "process_open_fds",
    type: "gauge",
    labels: [],
    meaning: "Open files and sockets.",
    advice: "Near `process_max_fds` new connections fail: raise `ulimit -n` above MAX_CONNECTIONS.",
  },
  {
    name: "process_max_fds",
    type: "gauge",
    labels: [],
    meaning: "How many there may be.",
    advice: "At least MAX_CONNECTIONS and some hundred more.",
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    labels: [],
    meaning: "When the process began.",
    advice: "Changes again and again: `RollcallRestarting`.",
  },
];
