/// What one compaction did: hot files and rows that became cold, hot files that were due and stay, cold files that went into merges.
package struct CompactionSummary: Sendable {
    package var filesMoved: Int
    package var rowsMoved: Int
    package var filesLeft: Int
    package var filesMerged: Int
    package init(filesMoved: Int, rowsMoved: Int, filesLeft: Int, filesMerged: Int) {
        self.filesMoved = filesMoved
        self.rowsMoved = rowsMoved
        self.filesLeft = filesLeft
        self.filesMerged = filesMerged
    }
}
