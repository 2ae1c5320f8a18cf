// Processes: state machines in the Amazon States Language, as values and functions alone. No storage, clock, socket or thread is in here: what happens comes in
// as an event, with its instant and its chance, and what is to be done goes out as effects (docs/decisions/0023-processes.md).
//
// The way of a definition: Definitions/DefinitionReader.swift (a text to a checked `Machine`, with every fault of it) ► Paths/ and Intrinsics/ (its texts compiled).
// The way of an event: Executions/Transition.swift (state and event to state and effects) ► Intrinsics/Template.swift, Paths/PathEvaluation.swift (a state's data)
// ► Executions/ExecutionCoder.swift (the state as bytes, piece by piece).
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Values: JSON values compared, measured and bounded; numbers, instants, chance, errors by name
//   Paths: JSONPath
//   Intrinsics: calls of functions, and the templates that hold them
//   Schedules: cron expressions on the clocks of a zone
//   Definitions: state machines, read and checked
//   Executions: what an event makes of an execution, and its bytes
//   Queues: what a queue does with its messages, as a value
//   Registrations: what an event makes of the steps that a receipt must pass
