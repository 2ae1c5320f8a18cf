internal import ColumnStore

/// The cells of one column over some rows, one behind the other. They are laid down a column at a time, so that what tells kinds of values apart is asked once for a run:
/// asked for each cell, counting references to the columns' arrays was a third of a copy's time.
struct CellRun {
    private(set) var bytes: [UInt8] = []
    /// Where each row's cell ends; of a NULL, which has no bytes, the complement of that.
    private(set) var ends: [Int] = []

    mutating func fill(_ rows: Range<Int>, of cells: CellEncoder) {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        ends.reserveCapacity(rows.count)
        cells.append(rows, to: &bytes, ends: &ends)
    }

    /// The bytes of a row's cell, the first row being 0; nil for NULL.
    @inline(__always)
    func range(at row: Int) -> Range<Int>? {
        let end = ends[row]
        guard end >= 0 else { return nil }
        guard row > 0 else { return 0..<end }
        let start = ends[row - 1]
        return (start < 0 ? ~start : start)..<end
    }
}
