package import ColumnStore

/// State machines and their executions. Changes are durable before these return, or before `completion` is called.
///
/// Each `hold` is called with the bytes of the whole answer and its text, before they are taken and again as it grows; an error that it throws ends the
/// reading.
package protocol ProcessKeeping: AnyObject, Sendable {
    // Definitions.

    /// - Throws: not-found.
    func process(_ name: String, hold: (Int) throws -> Void) throws -> ProcessDescription
    /// At most `limit` processes behind `name`, by name. Where they are long there are fewer; then `isCut` says that there are more. This holds for all lists here.
    func processes(after name: String?, limit: Int, hold: (Int) throws -> Void) throws -> (processes: [ProcessDescription], isCut: Bool)
    /// - Throws: invalid-process, with every fault and its place.
    func putProcess(_ name: String, _ definition: [UInt8]) throws -> ProcessPutOutcome
    /// From then on no execution starts; running ones go on.
    func deleteProcess(_ name: String) throws

    // Executions. Those that the principal may not see are not-found.

    func start(
        _ process: String, name: String?, input: JSONValue, as principal: Principal,
        completion: @escaping @Sendable (Result<StartedExecution, any Error>) -> Void)
    func execution(_ id: String, as principal: Principal, hold: (Int) throws -> Void) throws -> ExecutionView
    func executions(_ question: ExecutionQuestion, as principal: Principal, hold: (Int) throws -> Void) throws -> (executions: [ExecutionView], isCut: Bool)
    func history(
        _ id: String, after: Int64, limit: Int, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> (events: [(number: Int64, json: [UInt8])], isCut: Bool)
    func abort(_ id: String, as principal: Principal) throws
    func redrive(_ id: String, as principal: Principal) throws

    // Tasks.

    func answerTask(_ token: String, _ answer: ExecutionStore.TaskAnswer, completion: @escaping @Sendable (Result<Void, any Error>) -> Void)
    /// - Parameter principal: has the rights that the execution's owner has by now.
    func startChild(
        of work: TaskWork, _ process: String, as principal: Principal, completion: @escaping @Sendable (Result<StartedExecution, any Error>) -> Void)
    /// Begins to carry out tasks and to fire timers.
    func begin(_ executor: any TaskExecutor) throws
}

/// Where nobody counts the memory.
extension ProcessKeeping {
    package func process(_ name: String) throws -> ProcessDescription { try process(name) { _ in } }
    package func execution(_ id: String, as principal: Principal) throws -> ExecutionView { try execution(id, as: principal) { _ in } }
    package func executions(_ question: ExecutionQuestion, as principal: Principal) throws -> (executions: [ExecutionView], isCut: Bool) {
        try executions(question, as: principal) { _ in }
    }
    package func history(_ id: String, after: Int64, limit: Int, as principal: Principal) throws -> (events: [(number: Int64, json: [UInt8])], isCut: Bool) {
        try history(id, after: after, limit: limit, as: principal) { _ in }
    }
}

extension ExecutionStore: ProcessKeeping {}

/// A store that has executions.
package protocol ProcessHolding: AnyObject, Sendable {
    var executions: ExecutionStore { get }
}
