import ColumnStore
import Query
import Synchronization

/// Hands out row groups of cold files, or parts of them, file after file. Where the files lie behind a network, the ends of all are asked for together, and pieces to come
/// are opened while earlier ones are read; where they lie on a disk, it is asked for the beginnings of pieces to come.
///
/// Any thread takes the next; each is given out once.
final class ColdPieces: Sendable {
    private struct State {
        /// Taken from the end.
        var files: [DataFile]
        /// Taken from those, the next one first; nil: it is opened in its turn.
        var opening: [(file: DataFile, ahead: FileAhead?)] = []
        /// The file at hand, and its parts still to be given out.
        var scan: ParquetScan?
        var location = ""
        var parts: ArraySlice<ScanPart> = []
        /// To be given out next, and asked of the disk already.
        var expected: ArraySlice<Piece> = []
        var expectedByteCount: Int64 = 0
    }
    private struct Piece {
        let scan: ParquetScan
        let location: String
        let part: ScanPart
        var byteCount: Int64 { scan.byteCount(ofRowGroup: part.rowGroup) }
    }

    private let table: ColdTable
    private let plan: ColdScanPlan
    private let budget: ScanBudget?
    private let ahead: ColdAhead?
    private let looksAhead: Bool
    /// Whether sums over the keys that are read do.
    private let takesCoarser: Bool
    private let state: Mutex<State>

    /// Of pieces that a disk is asked for: enough to have it at work while others are decoded.
    private static let expectedCountMax = 16
    private static let expectedByteCountMax: Int64 = 16 << 20
    /// Of files behind a network whose footers come side by side: as many as the storage asks for at once.
    private static let openingCountMax = 16

    init(_ table: ColdTable, _ plan: ColdScanPlan, _ files: [DataFile], budget: ScanBudget? = nil, takesCoarser: Bool = false) {
        (self.table, self.plan, self.budget, self.takesCoarser) = (table, plan, budget, takesCoarser)
        // A few rows are wanted: they are in the first pieces.
        let isWhole = plan.request.rowCountMax == nil
        ahead = table.isRemote && isWhole ? ColdAhead() : nil
        looksAhead = !table.isRemote && isWhole
        if table.isRemote { table.iceberg.expect(files.prefix(isWhole ? .max : 2)) }
        state = Mutex(State(files: files.reversed()))
    }

    /// - Throws: `DamagedColdFile` or `SilentColdTable` for the file at hand.
    func next() throws -> ColdMorsel? {
        guard let ahead else { return try state.withLock { try looksAhead ? nextExpected(&$0) : nextPart(&$0) }.map(morsel) }
        return try ahead.take {
            try state.withLock { try nextPart(&$0) }.map { piece in (piece.byteCount, { [self] in try morsel(piece) }) }
        }
    }

    private func morsel(_ piece: Piece) throws -> ColdMorsel {
        try ColdMorsel(plan: plan, scan: piece.scan, part: piece.part, of: table, location: piece.location, budget: budget)
    }

    /// The next piece, when the disk has been asked for those after it.
    private func nextExpected(_ state: inout State) throws -> Piece? {
        while state.expected.count < Self.expectedCountMax, state.expected.isEmpty || state.expectedByteCount < Self.expectedByteCountMax,
            let piece = try nextPart(&state)
        {
            piece.scan.expect(piece.part)
            state.expected.append(piece)
            state.expectedByteCount = state.expectedByteCount.addingSaturating(piece.byteCount)
        }
        guard let piece = state.expected.popFirst() else { return nil }
        state.expectedByteCount = state.expectedByteCount.subtractingSaturating(piece.byteCount)
        return piece
    }

    private func nextPart(_ state: inout State) throws -> Piece? {
        while true {
            if let scan = state.scan, let part = state.parts.popFirst() { return Piece(scan: scan, location: state.location, part: part) }
            guard let (file, ahead) = nextFile(&state) else { return nil }
            let scan = try table.reading(file.location) { try plan.scan(try ahead?.take() ?? open(file)) }
            plan.request.counters.add { counts in
                counts.filesRead += 1
                counts.rowGroupsPruned += scan.file.metadata.rowGroups.count - scan.rowGroups.count
            }
            (state.scan, state.location) = (scan, file.location)
            state.parts = try plan.request.parts(of: scan, isLast: state.files.isEmpty && state.opening.isEmpty)[...]
        }
    }

    private func open(_ file: DataFile) throws -> ParquetFile { try takesCoarser ? table.open(file, reading: plan.columns) : table.open(file) }

    /// The next file, while those after it are being opened where that waits for a network. An error of one is thrown in its turn.
    private func nextFile(_ state: inout State) -> (file: DataFile, ahead: FileAhead?)? {
        guard ahead != nil else { return state.files.popLast().map { ($0, nil) } }
        while state.opening.count < Self.openingCountMax, let file = state.files.popLast() {
            let isOpen = !takesCoarser && table.cache.known(file.location) != nil
            state.opening.append((file, isOpen ? nil : FileAhead { [self] in try open(file) }))
        }
        return state.opening.isEmpty ? nil : state.opening.removeFirst()
    }
}
