internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Answers over the store as somebody may see it: a page at a time with a cursor, or a stream of everything.
extension QueryService {
    /// One page as JSON. The cursor has the beginning and the instant of the first page: later ones read the same state of the store, by the same `now()`.
    ///
    ///     cursor := sealed(beginning, now:int64, place…)     `WalkBeginning`; numbers with their highest byte first
    ///
    /// - Parameters:
    ///   - byteCountMax: about where a page ends; nil: at the runner's own bound.
    ///   - heldByteCountMax: more than this `hold` never gives: pages are shorter.
    ///   - hold: asked for the memory of a page of so many bytes, before it has them.
    /// - Throws: `bad-cursor` for one of another query, other parameters or another asker.
    func page(
        _ request: SQLRequest, as principal: Principal, _ watch: QueryWatch, byteCountMax: Int? = nil, heldByteCountMax: Int = .max, hold: (Int) throws -> Void
    ) throws -> [UInt8] {
        let binding = Self.binding(request, principal)
        var position: WalkPosition?
        var beginning: WalkBeginning?
        var now = CalendarText.now
        if let cursor = request.cursor {
            guard let fields = cursors.unseal(cursor, binding: binding), fields.count >= 4, let began = WalkBeginning(bytes: fields[0]),
                let instant = Self.integer(fields[1]), let place = WalkPosition(fields: fields.dropFirst(2))
            else { throw Problem(.badCursor, "this is no cursor of this query with these parameters and this key") }
            (beginning, now, position) = (began, instant, place)
        }
        let (catalog, began) = try catalog(as: principal, from: beginning)
        var context = QueryContext(catalog: catalog, parameters: request.parameters, timeZone: request.timeZone, now: now)
        context.usesRollups = request.usesRollups
        // One for all queries that the page takes, the later ones have what is left.
        let deadline = SteadyClock.seconds() + limits.time
        var runner = SQLRunner(engine: engine)
        if let byteCountMax { runner.pageByteCountMax = byteCountMax }
        runner.heldByteCountMax = heldByteCountMax
        return try runner.page(
            request, in: context, after: position,
            cancellation: { Cancellation(timeLimitSeconds: max(0.001, deadline - SteadyClock.seconds())) },
            started: watch.begin, hold: hold,
            seal: { cursors.seal([began.bytes, Self.bytes(now)] + $0.fields, binding: binding) }
        ).bytes
    }

    /// Prepares the query and waits for its first rows, so that what is wrong with it is still an error of its own.
    func start(_ request: SQLRequest, as principal: Principal, _ watch: QueryWatch) throws -> SQLRunner.Started {
        let (catalog, _) = try catalog(as: principal, upTo: nil)
        var context = QueryContext(
            catalog: catalog, parameters: request.parameters, timeZone: request.timeZone, now: CalendarText.now)
        context.usesRollups = request.usesRollups
        return try SQLRunner(engine: engine).start(
            request, in: context, cancellation: Cancellation(timeLimitSeconds: limits.streamTime, of: "limits.stream_time"), started: watch.begin)
    }

    /// What a cursor belongs to: not its `limit`, which may change.
    /// Whose it is belongs to it: a page is read with the rights of the caller that shows the cursor.
    private static func binding(_ request: SQLRequest, _ principal: Principal) -> [String] {
        let parameters = request.parameters.map { "\($0)" }
        return ["sql", request.query, request.timeZone] + principal.binding + parameters
    }

    private static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    private static func integer(_ bytes: [UInt8]) -> Int64? {
        bytes.count == 8 ? Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) }) : nil
    }
}
