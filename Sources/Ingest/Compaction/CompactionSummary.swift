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
