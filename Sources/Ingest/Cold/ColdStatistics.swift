import ColumnStore
import Query
import Synchronization

extension ColdTable {
    /// Of more files the planner knows no more than how many rows they have: the manifests of all are not read for it.
    private static let describedFileCountMax = 4_096
    /// Footers that are looked at for how often values repeat, of the largest files.
    private static let sampledFileCount = 4

    /// What the manifests say of the columns of all files, and the footers at hand of the largest ones. Made when first asked for, since a version
    /// never changes, and again once more is known of those files.
    ///
    /// Estimates: bounds are of all rows ever written to the files, distinct counts the greatest of a file's. Plans may go wrong by them, answers
    /// not.
    func statistics() throws -> TableStatistics {
        try known.withLock { known in
            if let known { return known }
            let made = try makeStatistics()
            known = made
            return made
        }
    }

    private func makeStatistics() throws -> TableStatistics {
        let counts = try iceberg.counts()
        var statistics = TableStatistics(rowCount: Int(min(counts.rowCount, StoredNumber.counts.upperBound)))
        guard counts.fileCount > 0, counts.fileCount <= Self.describedFileCountMax else { return statistics }
        let files = try iceberg.files().filter { $0.recordCount > 0 }
        for field in iceberg.schema.fields where !field.type.isNested {
            statistics.columns[field.name] = Self.statistics(of: field, files)
        }
        for file in files.sorted(by: { $0.recordCount > $1.recordCount }).prefix(Self.sampledFileCount) {
            for (name, distinct) in distinctCounts(of: file.location) {
                statistics.columns[name, default: ColumnStatistics()].distinctCount = max(distinct, statistics.columns[name]?.distinctCount ?? 0)
            }
        }
        return statistics
    }

    /// Of a file that is open. They take a read for each column, one after the other, and far from each other in the file: no question waits for a network for them. There they are
    /// found out behind its back, and the plans after that know them.
    private func distinctCounts(of location: String) -> [String: Int] {
        if let known = cache.distinctCounts(of: location) { return known }
        guard let file = cache.known(location) else { return [:] }
        guard file.bytes.waitsForNetwork else {
            let counts = Self.distinctCounts(of: file)
            cache.keep(counts, of: location)
            return counts
        }
        guard cache.beginCounting(location) else { return [:] }
        let isBegun = WorkerThread.start(name: "statistics") { [weak self, cache] in
            WorkerThread.lowerPriority(by: 5)
            cache.keep(Self.distinctCounts(of: file), of: location)
            guard let self else { return }
            known.withLock { $0 = nil }
        }
        // A later plan begins it.
        if !isBegun { cache.leaveCounting(location) }
        return [:]
    }

    private static func distinctCounts(of file: ParquetFile) -> [String: Int] { file.summaries().compactMapValues(\.distinctCount) }

    private static func statistics(of field: Field, _ files: [DataFile]) -> ColumnStatistics? {
        files.map { file in
            let bounds = file.bounds(of: field)
            let nullCount = field.id.flatMap { file.nullCounts?[$0] }.map { Int(clamping: $0) }
            return ColumnStatistics(minimum: bounds.minimum, maximum: bounds.maximum, nullCount: nullCount)
        }.reduce(nil) { (sum: ColumnStatistics?, next: ColumnStatistics) in
            guard let sum else { return next }
            return sum.joined(with: next)
        }
    }
}
