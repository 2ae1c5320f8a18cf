package import ColumnStore

/// State machines and their executions. Changes are durable before these return, or before `completion` is called.
package protocol ProcessKeeping: AnyObject, Sendable {
    // Definitions.

    /// - Throws: not-found.
    func process(_ name: String) throws -> ProcessDescription
    /// By name, those behind it.
    func processes(after name: String?, limit: Int) throws -> [ProcessDescription]
    /// - Throws: invalid-process, with every fault and its place.
    func putProcess(_ name: String, _ definition: [UInt8]) throws -> ProcessPutOutcome
    /// No new execution starts.
    func deleteProcess(_ name: String) throws

    // Executions. Those of others are not-found.

    func start(
        _ process: String, name: String?, input: JSONValue, as principal: Principal,
        completion: @escaping @Sendable (Result<StartedExecution, any Error>) -> Void)
    func execution(_ id: String, as principal: Principal) throws -> ExecutionView
    func executions(_ question: ExecutionQuestion, as principal: Principal) throws -> (executions: [ExecutionView], isCut: Bool)
    func history(_ id: String, after: Int64, limit: Int, as principal: Principal) throws -> (events: [(number: Int64, json: [UInt8])], isCut: Bool)
    func abort(_ id: String, as principal: Principal) throws
    func redrive(_ id: String, as principal: Principal) throws

    // Tasks.

    func answerTask(_ token: String, _ answer: ExecutionStore.TaskAnswer, completion: @escaping @Sendable (Result<Void, any Error>) -> Void)
    /// - Parameter principal: with the rights that the execution's owner has by now.
    func startChild(
        of work: TaskWork, _ process: String, as principal: Principal, completion: @escaping @Sendable (Result<StartedExecution, any Error>) -> Void)
    /// Begins to carry out tasks and to fire timers.
    func begin(_ executor: any TaskExecutor) throws
}

extension ExecutionStore: ProcessKeeping {}

/// A store that has executions.
package protocol ProcessHolding: AnyObject, Sendable {
    var executions: ExecutionStore { get }
}
