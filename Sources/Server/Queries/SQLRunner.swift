internal import ColumnStore
internal import Query

/// Runs questions over a catalog and writes their answers, a page at a time or as a stream. HTTP and command line share it.
///
/// A page is found by the first of these ways that fits:
/// 1. At once: rows as the plan gives them, until the limit or the page's bytes are reached.
/// 2. Where finding keys first is cheaper (`AnswerWalk.readsKeysFirst`): the keys say where the page ends, then its rows alone are read. If few rows are
///    expected the first way is tried before, and given up where more come.
/// 3. Where the first way ended at its bytes, or at what may ever be held, without a place to go on from: again, in order.
struct SQLRunner: Sendable {
    /// A page ends at so many bytes, whatever its limit: fewer in tests.
    var pageByteCountMax = 64 << 20
    /// A page that others may follow never asks for more memory: it ends before a row that has no room behind others.
    var heldByteCountMax = Int.max
    /// Rows are encoded by about so many bytes, so that neither a page nor a stream goes far over its bound.
    private static let pieceByteCount = 1 << 20

    let engine: QueryEngine

    struct Page {
        let bytes: [UInt8]
        /// Nil at the end of the walk.
        let position: WalkPosition?
    }

    // MARK: Pages

    /// - Parameters:
    ///   - cancellation: made anew for each of the up to three queries that a page takes, since the end of one ends its own.
    ///   - hold: asked for the memory of a page of so many bytes, before it has them.
    ///   - seal: makes a cursor of where the page ended.
    func page(
        _ request: SQLRequest, in context: QueryContext, after position: WalkPosition?, cancellation: () -> Cancellation,
        started: (ResultStream) -> Void = { _ in }, hold: (Int) throws -> Void = { _ in }, seal: (WalkPosition) -> String
    ) throws -> Page {
        var readsKeysFirst = false
        let (prepared, walk) = try prepare(request, context, after: position, cancellation) { bound in
            readsKeysFirst = AnswerWalk(bound, after: position, rowCountMax: request.limit, step: .keys).readsKeysFirst
            return AnswerWalk(
                bound, after: position, rowCountMax: readsKeysFirst ? min(request.limit, Self.fewRowCount) : request.limit, byteCountMax: keptByteCountMax,
                isOrdered: readsKeysFirst)
        }
        if readsKeysFirst {
            if prepared.expectedRowCount <= Double(Self.fewRowCount),
                let page = try pageAtOnce(prepared, walk, isWhole: request.limit > Self.fewRowCount, cancellation, started, hold, seal)
            {
                return page
            }
            return try pageInTwoSteps(request, context, position, cancellation, started, hold, seal)
        }
        if let page = try pageAtOnce(prepared, walk, cancellation, started, hold, seal) { return page }
        let (ordered, orderedWalk) = try prepare(request, context, after: position, cancellation) { bound in
            AnswerWalk(bound, after: position, rowCountMax: request.limit, byteCountMax: keptByteCountMax, isOrdered: true)
        }
        guard let page = try pageAtOnce(ordered, orderedWalk, cancellation, started, hold, seal) else {
            throw Problem(.internalError, "a page in order has no place where it ends")
        }
        return page
    }

    /// A page's plan, and its walk: nil of a plan's text.
    private func prepare(
        _ request: SQLRequest, _ context: QueryContext, after position: WalkPosition?, _ cancellation: () -> Cancellation, _ walk: (BoundQuery) -> AnswerWalk
    ) throws -> (prepared: PreparedQuery, walk: AnswerWalk?) {
        var made: AnswerWalk?
        let views = ViewsRead(context.catalog)
        var noting = context
        noting.catalog = views
        let prepared = try engine.prepare(request.query, in: noting, cancellation: cancellation()) { bound in
            // Rows of another rollup follow no row of the one before.
            if let position, position.sumsCode != bound.sumsCode { throw Problem(.badCursor, "a rollup that the query reads was changed since: begin again without a cursor") }
            // Nor do those of other views: the catalog has them as they are now, whenever the walk began.
            if let code = position?.viewsCode, code != views.code { throw Problem(.badCursor, "a view that the query reads was changed since: begin again without a cursor") }
            var walk = walk(bound)
            guard walk.followsPosition else {
                throw Problem(.badCursor, "columns by which the query's rows are in order have other types than on the page before: begin again without a cursor")
            }
            walk.viewsCode = views.code
            made = walk
            return walk.bound
        }
        guard let found = made, found.needsWholeSums else { return (prepared, made) }
        var whole = context
        whole.readsWholeSums = true
        return try prepare(request, whole, after: position, cancellation, walk)
    }

    /// An answer that is expected to have no more rows is read at once: finding their keys first would be most of the work.
    /// A guess of the planner's that is too low costs the rows that were read in vain.
    private static let fewRowCount = 1_000

    /// - Parameter isWhole: whether a page behind which rows come is none: it was to have few.
    /// - Returns: nil for such a page; and where the page ends at its bytes, before the query's own LIMIT, and only rows in order have a place to go on from.
    private func pageAtOnce(
        _ prepared: PreparedQuery, _ walk: AnswerWalk?, isWhole: Bool = false, _ cancellation: () -> Cancellation,
        _ started: (ResultStream) -> Void, _ hold: (Int) throws -> Void, _ seal: (WalkPosition) -> String
    ) throws -> Page? {
        let stream = try engine.execute(prepared, cancellation: cancellation())
        started(stream)
        // Behind the answer's own columns stand those that the walk goes by; nobody is shown them.
        let columns = walk.map { Array(prepared.columns.prefix($0.visibleColumnCount)) } ?? prepared.columns
        var encoder = JSONPageEncoder(columns: columns)
        encoder.serve(stream)
        var bytes: [UInt8] = []
        encoder.begin(into: &bytes)
        var end: WalkPosition?
        if let walk {
            // What is of chance has one page or none.
            let room = walk.isVolatile ? Int.max : heldByteCountMax
            var rowCount = 0
            let (place, hasMore) = try walk.read(stream) { batch in
                let taken = try Self.encode(batch, hold, within: room, hasRows: rowCount > 0, while: { try goesOn($0.count, within: room, hold) }, into: &bytes) {
                    try encoder.append($0, into: &$1)
                }
                rowCount += taken.rowCount
                return taken
            }
            if hasMore, isWhole { return nil }
            if hasMore, place == nil {
                // Asked again, `random()` would give other rows, and a place among them means nothing.
                guard !walk.isVolatile else {
                    throw QueryError(.unsupportedSQL, "rows that depend on chance have no second page: ask for no more than a page by LIMIT, or for a stream")
                }
                return nil
            }
            end = hasMore ? place : nil
        } else {
            while let batch = try stream.next() {
                try encoder.append(batch, into: &bytes)
                _ = try goesOn(bytes.count, within: .max, hold)
            }
        }
        encoder.end(cursor: end.map(seal), statistics: stream.statistics, into: &bytes)
        return Page(bytes: bytes, position: end)
    }

    /// The keys say where the page ends; then its rows are read.
    private func pageInTwoSteps(
        _ request: SQLRequest, _ context: QueryContext, _ position: WalkPosition?, _ cancellation: () -> Cancellation,
        _ started: (ResultStream) -> Void, _ hold: (Int) throws -> Void, _ seal: (WalkPosition) -> String
    ) throws -> Page {
        let (keys, found) = try prepare(request, context, after: position, cancellation) { bound in
            AnswerWalk(bound, after: position, rowCountMax: request.limit, step: .keys)
        }
        guard let keyWalk = found else { throw Problem(.internalError, "a plan's text is no page of keys") }
        let keyStream = try engine.execute(keys, cancellation: cancellation())
        started(keyStream)
        var rowCount = 0
        let (keyEnd, hasMoreKeys) = try keyWalk.read(keyStream) { batch in
            rowCount += batch.rowCount
            return (batch.rowCount, isFull: false)
        }
        let (prepared, rowWalk) = try prepare(request, context, after: position, cancellation) { bound in
            // Both bounds are of the keys: rows up to the last key, and as many as there were.
            AnswerWalk(bound, after: position, rowCountMax: max(1, rowCount), step: .rows(upTo: keyEnd?.key ?? []), byteCountMax: keptByteCountMax)
        }
        let walk = rowWalk ?? keyWalk
        var encoder = JSONPageEncoder(columns: Array(prepared.columns.prefix(walk.visibleColumnCount)))
        var bytes: [UInt8] = []
        var statistics = keyStream.statistics
        encoder.begin(into: &bytes)
        var end = hasMoreKeys ? keyEnd : nil
        if rowCount > 0 {
            let stream = try engine.execute(prepared, cancellation: cancellation())
            started(stream)
            encoder.serve(stream)
            var shownCount = 0
            let (place, wasCut) = try walk.read(stream) { batch in
                let taken = try Self.encode(
                    batch, hold, within: heldByteCountMax, hasRows: shownCount > 0, while: { try goesOn($0.count, within: heldByteCountMax, hold) }, into: &bytes
                ) { try encoder.append($0, into: &$1) }
                shownCount += taken.rowCount
                return taken
            }
            if wasCut { end = place }
            // The same rows, seen twice.
            statistics.rowsScanned = max(statistics.rowsScanned, stream.statistics.rowsScanned)
            statistics.bytesRead += stream.statistics.bytesRead
            statistics.filesPruned = max(statistics.filesPruned, stream.statistics.filesPruned)
            statistics.elapsedMilliseconds += stream.statistics.elapsedMilliseconds
        }
        encoder.end(cursor: end.map(seal), statistics: statistics, into: &bytes)
        return Page(bytes: bytes, position: end)
    }

    /// Whether a page of so many bytes may have more; asks for room for the next piece.
    ///
    /// - Parameter room: more is never had.
    private func goesOn(_ byteCount: Int, within room: Int, _ hold: (Int) throws -> Void) throws -> Bool {
        let wanted = byteCount + Self.pieceByteCount
        // What is there counts, whether there is room for it or not.
        try hold(max(byteCount, min(wanted, room)))
        return byteCount < pageByteCountMax && wanted <= room
    }

    /// Encodes `batch` by small pieces as long as `goesOn` and as they have room; at least one row where none stands before it.
    ///
    /// - Parameters:
    ///   - room: of all of `bytes`.
    ///   - hasRows: rows stand before it: one that has no room behind them is left for the next page. The first one is asked for in any case, and is refused as what it is.
    /// - Returns: how many rows were encoded, and whether it goes on no further.
    private static func encode(
        _ batch: ColumnBatch, _ hold: (Int) throws -> Void, within room: Int = .max, hasRows: Bool = false, while goesOn: (inout [UInt8]) throws -> Bool,
        into bytes: inout [UInt8], append: (ColumnBatch, inout [UInt8]) throws -> Void
    ) throws -> (rowCount: Int, isFull: Bool) {
        var row = 0
        // The first piece is small, since nothing is known of its rows yet; each next one is as long as the rows before say that a megabyte has.
        var count = 16
        while row < batch.rowCount {
            let before = bytes.count
            var end = min(batch.rowCount, row + count)
            var piece = batch.slice(row..<end)
            // Halved until it is small, or one row, before it is encoded: what was charged is about a usual piece.
            while end - row > 1, piece.flatByteCountBound > largePieceByteCount {
                end = row + (end - row) / 2
                piece = batch.slice(row..<end)
            }
            let isLarge = piece.flatByteCountBound > 2 * pieceByteCount
            // Far from the end of what there is, no usual piece needs to be looked through.
            if isLarge || bytes.count > room - endByteCount, room < .max {
                var most = EncodedSize.most(piece)
                while end - row > 1, bytes.count.addingSaturating(most) > room {
                    end = row + (end - row) / 2
                    piece = batch.slice(row..<end)
                    most = EncodedSize.most(piece)
                }
                if hasRows || row > 0, bytes.count.addingSaturating(most) > room { return (row, true) }
            }
            if isLarge { try makeRoom(for: piece, in: &bytes, hold) }
            try append(piece, &bytes)
            // Of this piece alone: long rows behind short ones shrink the next piece, not all of the rest.
            let rowByteCount = max(1, (bytes.count - before) / (end - row))
            count = min(max(1, pieceByteCount / rowByteCount), 8_192)
            row = end
            if try !goesOn(&bytes) { return (row, true) }
        }
        return (row, false)
    }

    /// Rows of more are encoded one at a time.
    private static let largePieceByteCount = 4 * pieceByteCount

    /// A piece that is not large becomes no more, but for the rarest.
    private static let endByteCount = 8 * largePieceByteCount

    /// Texts by which a page is over for certain, with the piece that it ends in.
    private var keptByteCountMax: Int { min(pageByteCountMax, heldByteCountMax) + Self.largePieceByteCount }

    /// What goes past a usual piece is asked for by what it will take: a text of control characters becomes six times as long.
    private static func makeRoom(for piece: ColumnBatch, in bytes: inout [UInt8], _ hold: (Int) throws -> Void) throws {
        let byteCount = EncodedSize.most(piece)
        guard byteCount > pieceByteCount else { return }
        try hold(bytes.count + byteCount)
        // At once: an array that grows by itself is there twice.
        bytes.reserveCapacity(bytes.count + byteCount)
    }

    /// The whole answer as one page.
    ///
    /// - Parameter hold: asked for the memory of rows that are more than usual ones, before they are written.
    /// - Throws: `too-large` past `byteCountMax`; what `hold` throws.
    func document(_ answer: Started, byteCountMax: Int, hold: (Int) throws -> Void) throws -> [UInt8] {
        var encoder = JSONPageEncoder(columns: answer.columns)
        encoder.serve(answer.stream)
        var bytes: [UInt8] = []
        encoder.begin(into: &bytes)
        var next = answer.first
        while let batch = next {
            _ = try Self.encode(batch, hold, while: { $0.count <= byteCountMax }, into: &bytes) { try encoder.append($0, into: &$1) }
            guard bytes.count <= byteCountMax else { throw Problem(.tooLarge, "the answer is longer than \(byteCountMax) bytes; ask for fewer rows, or go over them with a Map and its ItemReader") }
            next = try answer.stream.next()
        }
        encoder.end(cursor: nil, statistics: answer.stream.statistics, into: &bytes)
        return bytes
    }

    // MARK: Streams

    /// An answer that has begun: what can be known before its first byte has not failed.
    ///
    /// Its owner ends `stream` in every case, also where all of it was read.
    struct Started {
        let stream: ResultStream
        fileprivate let columns: [ResultColumn]
        fileprivate let first: ColumnBatch?
    }

    /// Prepares the query and waits for its first rows, so that what is wrong with it is still an error of its own.
    func start(_ request: SQLRequest, in context: QueryContext, cancellation: Cancellation, started: (ResultStream) -> Void = { _ in }) throws -> Started {
        let prepared = try engine.prepare(request.query, in: context, cancellation: cancellation)
        let stream = try engine.execute(prepared, cancellation: cancellation)
        started(stream)
        return Started(stream: stream, columns: prepared.columns, first: try stream.next())
    }

    /// - Parameter hold: asked for the memory of the next so many bytes, before it has them; `sink` takes them.
    /// - Parameter counting: told of the rows of each batch.
    func write(
        _ answer: Started, as form: SQLForm, compression: ArrowCompression? = nil, hold: (Int) throws -> Void = { _ in }, counting: (Int) -> Void = { _ in },
        to sink: (inout [UInt8]) throws -> Void
    ) throws {
        try encode(answer, try form.encoder(answer.columns, compression: compression), hold, counting, sink)
    }

    /// Writes the answer as a sheet of a workbook.
    ///
    /// - Parameter counting: told of the rows of each batch; what it throws ends the sheet.
    func write(_ answer: Started, asSheet name: String, of book: WorkbookFile, counting: (Int) throws -> Void) throws {
        try book.beginSheet(named: name, columns: answer.columns)
        var next = answer.first
        while let batch = next {
            try book.append(batch)
            try counting(batch.rowCount)
            next = try answer.stream.next()
        }
    }

    private func encode<Encoder: ResultEncoder>(
        _ answer: Started, _ encoder: Encoder, _ hold: (Int) throws -> Void, _ counting: (Int) -> Void, _ sink: (inout [UInt8]) throws -> Void
    ) throws {
        var encoder = encoder
        encoder.serve(answer.stream)
        var bytes: [UInt8] = []
        try encoder.begin(into: &bytes)
        var next = answer.first
        while let batch = next {
            let send: (inout [UInt8]) throws -> Bool = { bytes in
                // A buffer that one long row has made is let go of, and its charge with it; usual ones are used again.
                let isLarge = bytes.capacity > 2 * Self.pieceByteCount
                try sink(&bytes)
                if isLarge {
                    bytes = []
                    try hold(0)
                }
                return true
            }
            _ = try Self.encode(batch, hold, while: send, into: &bytes) { try encoder.append($0, into: &$1) }
            counting(batch.rowCount)
            next = try answer.stream.next()
        }
        try encoder.end(cursor: nil, statistics: answer.stream.statistics, into: &bytes)
        try sink(&bytes)
    }
}
