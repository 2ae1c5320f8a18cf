import Glibc

/// Executions: each can be read, and whatever it waits for will come.
extension Verifier {
    func checkExecutions() {
        let path = directory.executionsPath
        guard access(path, F_OK) == 0 else { return }
        checkDatabase(path, "executions.sqlite") { try checkRows(ofExecutions: path) }
    }

    /// Beside a server: as one state of the file.
    func checkExecutionsBesideServer() {
        let path = directory.executionsPath
        guard access(path, F_OK) == 0 else { return }
        look(path)
        report.fileCount += 1
        guarded(path) { try checkIntegrity(path) }
        guarded(path) { try checkRows(ofExecutions: path) }
    }

    private func checkRows(ofExecutions path: String) throws {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        try connection.execute("BEGIN")
        _ = try ExecutionProof.run(connection) { fault in
            try checkCancelled()
            note(path, fault)
        }
    }
}
