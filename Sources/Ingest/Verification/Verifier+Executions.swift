/// Executions: each can be read, and whatever it waits for will come.
extension Verifier {
    func checkRows(ofExecutions path: String) throws {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        try connection.execute("BEGIN")
        _ = try ExecutionProof.run(connection) { fault in
            try checkCancelled()
            note(path, fault)
        }
    }
}
