package import Cluster
import ColumnStore

extension ArchivePlace {
    /// What lies here that is not the past of a member's disk: a copy of its store that was founded anew has the same number, and only records tell the two apart.
    ///
    /// All that is archived has counted, and so have those records of the disk: where each line begins with another record than the disk had of its number, it is another cluster's. One line that goes on from
    /// the disk's past, or may do so, is enough: a cluster that was founded with the machine that had less keeps the lines of what was given up.
    ///
    /// - Parameters:
    ///   - history: of the disk.
    ///   - counted: the last of its records that is known to have counted.
    /// - Returns: words; nil where it may be the disk's own, or nobody has an archive here.
    /// - Throws: `Both`; `ColumnStoreError.corruptFile`; where the place gives no answer.
    package func otherPast(than store: StoreIdentity, _ history: History, counted: Int) throws -> String? {
        guard try isThere(), let found = try self.store() else { return nil }
        guard found == store else { return "the archive of the store \(found.text), and this directory has the store \(store.text)" }
        var isOther = false
        for line in try lines() {
            guard let mark = try beginning(of: line), mark.sequence <= counted, !history.mayHave(mark) else { return nil }
            isOther = true
        }
        return isOther ? "the archive of another cluster with the same store: its records are none of this directory's" : nil
    }

    /// - Returns: the first record that a line tells of, or the one before; nil where it tells of none.
    private func beginning(of line: ArchiveLine) throws -> Mark? {
        if line.base.sequence > 0 { return line.base }
        return try segments(of: line.number).first.flatMap { try segment(line.number, $0).records.first?.mark }
    }
}
