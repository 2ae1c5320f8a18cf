import ColumnStore
import Documents

extension Engine: StoreMaintenance {
    /// Beside the store, while it goes on working.
    ///
    /// - Throws: overloaded where it was ended before it was done. What is wrong with files is in the report.
    package func verify(
        temporaryDirectory: String, makesAllSums: Bool, isCancelled: @escaping () -> Bool, progress: @escaping (Verifier.Progress) -> Void
    ) throws -> Verifier.Report {
        let verifier = Verifier(beside: directory, temporaryDirectory: temporaryDirectory, isCancelled: isCancelled, progress: progress)
        verifier.makesAllSums = makesAllSums
        do {
            return try verifier.run(beside: parts)
        } catch is Verifier.Cancelled {
            throw Fault(.overloaded, "the verification was ended before it was done")
        }
    }
}
