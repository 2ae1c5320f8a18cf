internal import Processes

/// Holds what executions are against what the file says that they wait for: nothing is lost, nothing is stuck.
///
/// Of each execution, in this order; the first fault is the one that is reported:
///
/// 1. Its definition is there and can be read.
/// 2. Its pieces decode to an execution of that machine.
/// 3. Its row, by which lists are made, says the state that its header says.
/// 4. Each strand waits for something, and each thing that is awaited has its row: a task, a timer, or the timer by which it goes on with itself.
///
/// Rows of no execution are counted after that.
///
/// - Complexity: O(executions), each decoded whole, one at a time; at most `machineCountMax` machines are held.
package struct ExecutionProof {
    private let connection: SQLiteConnection
    private var machines: [String: Machine] = [:]
    private static let machineCountMax = 64

    /// - Parameters:
    ///   - connection: in a transaction, so that it is one state.
    ///   - note: told of each fault.
    /// - Returns: how many executions there are.
    package static func run(_ connection: SQLiteConnection, _ note: (String) throws -> Void) throws -> Int {
        var proof = ExecutionProof(connection)
        return try proof.run(note)
    }

    private init(_ connection: SQLiteConnection) { self.connection = connection }

    private mutating func run(_ note: (String) throws -> Void) throws -> Int {
        var count = 0
        let select = try connection.statement("SELECT number, id, process, version, status FROM executions ORDER BY number")
        defer { select.reset() }
        while try select.step() {
            count += 1
            let name = ULID(bytes: select.bytes(1))?.description ?? "number \(select.int64(0))"
            if let fault = try fault(select.int64(0), select.text(2), select.int64(3), status: select.int64(4)) { try note("execution \(name): \(fault)") }
        }
        for (what, table) in [("a timer", "timers"), ("a task", "tasks"), ("a piece", "pieces")] {
            let strays = try connection.integer("SELECT count(*) FROM \(table) t WHERE NOT EXISTS(SELECT 1 FROM executions e WHERE e.number = t.execution)") ?? 0
            if strays > 0 { try note("\(what) of no execution, \(strays) times") }
        }
        return count
    }

    /// - Returns: nil for an execution that is sound.
    /// - Throws: `SQLiteError` where the file cannot be read: that is no fault of one execution.
    private mutating func fault(_ number: Int64, _ process: String, _ version: Int64, status: Int64) throws -> String? {
        guard let machine = try machine(process, version) else { return "its definition is missing or no definition" }
        let pieces = try StoredPieces(number, connection)
        let execution: Execution
        do throws(CodingFault) {
            execution = try ExecutionCoder.decode(constants: pieces.constants, header: pieces.header, frames: pieces.frames, of: machine)
        } catch {
            return "its pieces are none: \(error.reason)"
        }
        if Int64(execution.status.rawValue) != status { return "its row says another state than its header" }
        if !execution.stuckFrames.isEmpty { return "a strand of it waits for nothing" }
        for awaited in execution.awaited {
            let isThere: Bool =
                switch awaited {
                // A token that is none has no serial: -2 is nobody's, as those of tasks are from 1.
                case .task(let token): try has("tasks", number, serial: TaskToken(token).map { Int64($0.serial) } ?? -2)
                case .timer(_, let serial, _): try has("timers", number, serial: Int64(serial))
                case .proceed: try has("timers", number, serial: SelfTimer.proceed)
                }
            if !isThere { return "it waits for \(awaited), which nobody will tell it" }
        }
        return nil
    }

    private func has(_ table: String, _ number: Int64, serial: Int64) throws -> Bool {
        let select = try connection.statement("SELECT 1 FROM \(table) WHERE execution = ?1 AND serial = ?2")
        select.bind(1, number)
        select.bind(2, serial)
        defer { select.reset() }
        return try select.step()
    }

    /// nil where the definition is missing or cannot be read.
    private mutating func machine(_ process: String, _ version: Int64) throws -> Machine? {
        if let known = machines["\(version) \(process)"] { return known }
        let select = try connection.statement("SELECT definition FROM definitions WHERE process = ?1 AND version = ?2")
        try select.bind(1, process)
        select.bind(2, version)
        defer { select.reset() }
        guard try select.step(), let machine = try? DefinitionReader.read(select.bytes(0)) else { return nil }
        if machines.count >= Self.machineCountMax { machines.removeAll() }
        machines["\(version) \(process)"] = machine
        return machine
    }
}
