import ColumnStore

/// An input of a merge, and the keys of its rows that are in memory.
///
/// Its state is one of four: between row groups (`rowGroupHere` tells the next), within one without rows in memory, with rows in memory, at its
/// end. `settle` and `fill` go from one to the next; `take` uses rows up.
final class MergeInput {
    let file: DataFile
    /// A day before which the input certainly has no row.
    private(set) var day: Int32
    private let days: [Int32]
    private let scan: ParquetScan
    private var reader: RowGroupReader?
    private var nextRowGroup = 0
    /// Rows of the row group that were read so far.
    private var readRowCount = 0
    private(set) var order: ColdOrder?
    /// The rows in memory: their row group, and the first one's place in it.
    private(set) var rowGroup = 0
    private(set) var firstRow = 0
    private(set) var position = 0
    /// What a row of theirs takes in the file, on average over the row group and over all columns.
    private(set) var rowByteCount = 0.0
    /// Whether its row groups may be taken over; nil when that is not known yet.
    var isCopyable: Bool?

    /// - Parameter scan: of the columns of `ColdOrder`.
    init(_ file: DataFile, _ scan: ParquetScan) throws {
        self.file = file
        self.scan = scan
        days = try scan.rowGroups.map { number in
            guard case .integer(let day)? = try scan.file.bounds(of: "business_day", rowGroup: number)?.minimum else { return .min }
            return Int32(clamping: day)
        }
        day = days.first ?? .max
    }

    var parquet: ParquetFile { scan.file }
    /// Whether rows of it are in memory.
    var hasRows: Bool { order != nil }
    var isAtEnd: Bool { order == nil && reader == nil && nextRowGroup == scan.rowGroups.count }

    /// The row group that begins here, with its last day; nil within one, and at the end.
    ///
    /// Nil also where its statistics do not tell the last day: it is merged row by row.
    func rowGroupHere() throws -> (number: Int, lastDay: Int32)? {
        guard order == nil, reader == nil, nextRowGroup < scan.rowGroups.count else { return nil }
        let number = scan.rowGroups[nextRowGroup]
        guard case .integer(let day)? = try scan.file.bounds(of: "business_day", rowGroup: number)?.maximum else { return nil }
        return (number, Int32(clamping: day))
    }

    /// Passes over the row group that begins here.
    func skipRowGroup() {
        nextRowGroup += 1
        day = nextRowGroup < days.count ? days[nextRowGroup] : .max
    }

    /// Makes the next rows of the row group at hand available; at its end, the next one's first day is known.
    ///
    /// It begins no row group: whether the next one is read or copied is not known yet.
    func settle() throws {
        guard order == nil, let reader else { return }
        if let next = try reader.next() {
            order = ColdOrder(next.columns)
            firstRow = readRowCount
            readRowCount += next.rowCount
            take(upTo: 0)
        } else {
            self.reader = nil
            day = nextRowGroup < days.count ? days[nextRowGroup] : .max
        }
    }

    /// Makes rows available, of the next row group if need be; unless there are none.
    func fill() throws {
        try settle()
        while order == nil, nextRowGroup < scan.rowGroups.count {
            rowGroup = scan.rowGroups[nextRowGroup]
            reader = try scan.reader(rowGroup: rowGroup)
            let group = scan.file.metadata.rowGroups[rowGroup]
            rowByteCount = group.totalCompressedByteCount.map { Double($0) / Double(max(1, group.rowCount)) } ?? Double(file.byteCount) / Double(max(1, file.recordCount))
            readRowCount = 0
            nextRowGroup += 1
            try settle()
        }
    }

    /// Notes that the rows before `row` are taken.
    ///
    /// - Parameter row: a place among those in memory; all of them taken, and `order` is nil.
    func take(upTo row: Int) {
        position = row
        guard let order else { return }
        if row < order.rowCount {
            day = order.days[row]
        } else {
            self.order = nil
        }
    }
}
