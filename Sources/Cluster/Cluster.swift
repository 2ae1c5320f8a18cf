// Cluster: how two machines keep one log, as values and functions alone. No clock, socket or disk is in here: what happens comes in as an event with its instant,
// what is to be done goes out as effects (docs/decisions/0051-two-machines.md). The server's
// host runs it (Sources/Server/Replication), and so does the simulator, Tests/ClusterSimulation.
//
// The way of a record: Node/Node+Leading.swift (made, and when it counts) ► Node+Peers.swift (to the standby) or Node+Slots.swift (to the bucket) ► Node+Following.swift.
// The way of a node: Node/Node+Candidacy.swift (who may lead) ► Node+Swaps.swift (the object that says so) ► Node+Reconciliation.swift (what the bucket has beyond it, looked at before by Node+Watching.swift).
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Model: records, how far a log goes, the object that says who leads, times and rules
//   Node: what an event makes of a node
//   Frames: records, messages and the object as bytes
