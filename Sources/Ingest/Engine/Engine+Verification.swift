import ColumnStore
import Documents

extension Engine: StoreMaintenance {
    /// Beside the store, while it goes on working.
    ///
    /// - Throws: overloaded where it was ended before it was done, and while the warehouse is moved. What is wrong with files is in the report.
    package func verify(
        temporaryDirectory: String, makesAllSums: Bool, isCancelled: @escaping () -> Bool, progress: @escaping (Verifier.Progress) -> Void
    ) throws -> Verifier.Report {
        let verifier = Verifier(beside: directory, temporaryDirectory: temporaryDirectory, engines: compactor.maker.engines, isCancelled: isCancelled, progress: progress)
        verifier.makesAllSums = makesAllSums
        do {
            if let report = try warehouseTurns.proving({ try verifier.run(beside: parts) }) { return report }
            throw Fault(.overloaded, "the warehouse is being moved, and nothing can be proved of it before that is done: wait for its job, or end it, and ask again")
        } catch is Verifier.Cancelled {
            throw Fault(.overloaded, "the verification was ended before it was done")
        }
    }
}
