internal import Synchronization

/// Gets ranges of a bucket's objects, by as few requests as may be. Any thread.
///
/// What is asked for goes by three steps: pieces that are fetched or on their way (`pieces`), the cache on disk, a request. Ranges of immutable objects
/// that a request brought go into the cache.
final class BucketReader: Sendable {
    let client: BucketClient
    let cache: RangeCache?
    private let pieces: FetchedPieces
    private struct Opening {
        var promises: [String: TransferPool.Promise<Opened>] = [:]
        /// Their keys, the oldest first.
        var order: [String] = []

        mutating func take(_ key: String) -> TransferPool.Promise<Opened>? {
            guard let promise = promises.removeValue(forKey: key) else { return nil }
            order.removeAll { $0 == key }
            return promise
        }
    }
    /// Objects that are being opened for whoever wants them soon.
    private let opening = Mutex(Opening())

    /// How much of an object's end is read to open it: the footer of most files.
    static let tailByteCount = 64 << 10
    /// So much at most for who expects a longer footer: read in one with the end, it is not another round trip.
    static let tailByteCountMax = 1 << 20

    /// - Parameter pieces: what was fetched and perhaps not used yet; of other tables, too.
    init(_ client: BucketClient, cache: RangeCache?, pieces: FetchedPieces) {
        self.client = client
        self.cache = cache
        self.pieces = pieces
    }

    func location(_ key: String) -> String { "\(client.endpoint.location)/\(key)" }

    /// Has objects opened side by side by the time that each is wanted.
    func expect(_ ends: [WantedEnd]) {
        for end in ends.prefix(Self.openingCountMax) where cache?.byteCount(of: location(end.key)) == nil {
            opening.withLock { opening in
                guard opening.promises[end.key] == nil else { return }
                // Who expected the oldest may never come for it.
                if opening.order.count >= Self.openingCountMax { opening.promises[opening.order.removeFirst()] = nil }
                opening.promises[end.key] = client.pool.startAhead { [self] () throws(BucketFailure) in try fetchTail(end.key, byteCount: end.byteCount) }
                opening.order.append(end.key)
            }
        }
    }

    /// Of those that nobody has asked for yet.
    static let openingCountMax = 256

    /// How long an object is and, where that was asked now, which content it has. The end of it is at hand then.
    func open(_ key: String) throws(BucketFailure) -> (byteCount: Int64, tag: String?) {
        if let cache, Self.isImmutable(key), let known = cache.byteCount(of: location(key)) { return (known, nil) }
        // What failed before anybody came for it is asked for anew: the bucket may give now what it refused then.
        if let expected = opening.withLock({ $0.take(key) }), !expected.hasFailed {
            do throws(BucketFailure) {
                let found = try expected.wait()
                return (found.byteCount, found.tag)
            } catch {
                guard Self.isAnothers(error) else { throw error }
            }
        }
        let found = try fetchTail(key)
        return (found.byteCount, found.tag)
    }

    /// Whether something was not had since the one for whom it was fetched has given up, or had less time: we have not.
    static func isAnothers(_ error: BucketFailure) -> Bool {
        let scope = WaitScope.current
        guard !scope.isCancelled() else { return false }
        // Another's cancel says nothing of the bucket, also where our time is over by then: our own request ends as one that had none.
        return error.kind == .cancelled || error.kind == .unavailable && SteadyClock.nanoseconds() <= scope.endsAt
    }

    private struct Opened: Sendable {
        let byteCount: Int64
        let tag: String?
    }

    /// Reads an object's end and keeps it at hand.
    ///
    /// - Parameter byteCount: how much of it is expected to be read.
    private func fetchTail(_ key: String, byteCount: Int = 0) throws(BucketFailure) -> Opened {
        let tail = try client.tail(key, byteCount: min(Self.tailByteCountMax, max(Self.tailByteCount, byteCount)))
        let range = tail.start..<tail.head.byteCount
        if !range.isEmpty {
            keep(key, tail.head.byteCount, range, tail.bytes, isLongest: true)
            let bytes = TransferPool.Promise<ByteRegion>()
            bytes.fulfil(.success(Self.region(tail.bytes)))
            // Some pieces of it may be there: only what is between them is new, and the whole end is a piece when none is.
            pieces.add([range], of: location(key)) { part in
                part == range ? bytes : self.start(key, tail.head.byteCount, tail.head.tag, part)
            }
        }
        return Opened(byteCount: tail.head.byteCount, tag: tail.head.tag)
    }

    /// How much is asked for of an object of which nobody knows the length: room for that is taken while it comes, and few are longer.
    static let firstByteCount = 4 << 20

    /// The whole of an object, from the cache where that has it and its content never changes.
    ///
    /// - Throws: `TooLong`.
    func whole(_ object: WantedObject) throws(BucketFailure) -> [UInt8] {
        do throws(BucketFailure) { return try wholeAtFirst(object) } catch {
            guard error.code == BucketClient.tooLongCode, firstByteCount(of: object) < object.byteCountMax else { throw error }
        }
        // Room for all that it might be is not taken from others: how long is it?
        let byteCount = try client.head(object.key)?.byteCount ?? 0
        guard byteCount <= Int64(object.byteCountMax) else { throw BucketClient.tooLong(byteCount, byteCountMax: object.byteCountMax) }
        return try fetchWhole(object.key, byteCountMax: Int(clamping: byteCount))
    }

    /// As `whole`, unless it is longer than what is asked for at first.
    func wholeAtFirst(_ object: WantedObject) throws(BucketFailure) -> [UInt8] {
        let location = location(object.key)
        if let cache, Self.isImmutable(object.key), let count = cache.byteCount(of: location), count <= Int64(object.byteCountMax),
            let region = cache.region(of: location, byteCount: count, 0..<count)
        {
            return region.copied
        }
        return try fetchWhole(object.key, byteCountMax: firstByteCount(of: object))
    }

    /// What is asked for of it at first.
    func firstByteCount(of object: WantedObject) -> Int {
        let known = object.byteCount.map { Int(clamping: max(0, $0)) }
        return min(object.byteCountMax, known ?? Self.firstByteCount)
    }

    /// - Throws: `TooLong` when it is longer than `byteCountMax`.
    private func fetchWhole(_ key: String, byteCountMax: Int) throws(BucketFailure) -> [UInt8] {
        let piece = try client.get(key, byteCountMax: byteCountMax)
        keep(key, piece.head.byteCount, 0..<piece.head.byteCount, piece.bytes, isLongest: true)
        return piece.bytes
    }

    /// Whether the cache has something of an object that never changes.
    func isCached(_ key: String) -> Bool { Self.isImmutable(key) && cache?.byteCount(of: location(key)) != nil }

    /// Sends for ranges that are neither here nor on their way; waits for nothing.
    func begin(_ key: String, byteCount: Int64, tag: String?, _ ranges: [Range<Int64>]) {
        if ranges.isEmpty { return }
        pieces.add(RangePlan.requests(for: ranges, byteCount: byteCount), of: location(key)) { part in start(key, byteCount, tag, part) }
    }

    /// Has a range in the cache, among what goes last.
    func keepAtHand(_ key: String, byteCount: Int64, tag: String?, _ range: Range<Int64>) throws(BucketFailure) {
        guard let cache, Self.isImmutable(key) else { return }
        if let found = cache.region(of: location(key), byteCount: byteCount, range) {
            // Perhaps of what goes first: from there it needs no request.
            return withExtendedLifetime(found) { cache.keep(location(key), byteCount: byteCount, range, found.bytes, isLongest: true) }
        }
        for part in RangePlan.requests(for: [range], byteCount: byteCount) {
            keep(key, byteCount, part, try client.get(key, range: part, tag: tag).bytes, isLongest: true)
        }
    }

    /// A range, and on the way what is wanted soon.
    ///
    /// - Parameter ahead: ranges that are fetched as well, and not waited for.
    func region(
        of key: String, byteCount: Int64, tag: String?, _ range: Range<Int64>, ahead: [Range<Int64>]
    ) throws(BucketFailure) -> ByteRegion {
        var wanted = ahead
        let location = location(key)
        // What is fetched, or on its way, needs no look at the disk.
        let isFetched = RangePlan.missing(of: range, beside: pieces.pieces(of: location, in: range).map(\.range)).isEmpty
        var cached: ByteRegion?
        if !isFetched {
            cached = cache?.region(of: location, byteCount: byteCount, range)
            if cached == nil { wanted.append(range) }
        }
        if !wanted.isEmpty {
            pieces.add(RangePlan.requests(for: wanted, byteCount: byteCount), of: location) { part in start(key, byteCount, tag, part) }
        }
        if let cached { return cached }
        // A piece may have gone again before it could be waited for, or have failed for another's sake: once more, by itself.
        if let region = try assemble(location, range) { return region }
        return try fetched(key, byteCount, tag, range)
    }

    /// - Returns: nil when not all of it is at hand.
    private func assemble(_ location: String, _ range: Range<Int64>) throws(BucketFailure) -> ByteRegion? {
        let found = pieces.pieces(of: location, in: range).sorted { $0.range.lowerBound < $1.range.lowerBound }
        // As in `open`: what failed while another wanted it says nothing of now.
        guard !found.contains(where: \.bytes.hasFailed) else {
            pieces.forget(location) { $0.bytes.hasFailed }
            return nil
        }
        guard RangePlan.missing(of: range, beside: found.map(\.range)).isEmpty else { return nil }
        var parts: [(range: Range<Int64>, region: ByteRegion)] = []
        for piece in found {
            do throws(BucketFailure) { parts.append((piece.range, try piece.bytes.wait())) } catch {
                pieces.forget(location) { $0 === piece }
                if Self.isAnothers(error) { return nil }
                throw error
            }
        }
        // The common case, without a copy: a part of one piece.
        if parts.count == 1, let part = parts.first { return ByteRegion(part: Self.places(range, in: part.range), of: part.region) }
        return ByteRegion(count: range.count) { target in
            for part in parts {
                let overlap = part.range.clamped(to: range)
                let bytes = UnsafeRawBufferPointer(rebasing: part.region.bytes[Self.places(overlap, in: part.range)])
                UnsafeMutableRawBufferPointer(rebasing: target[Self.places(overlap, in: range)]).copyMemory(from: bytes)
            }
        }
    }

    /// A part's place in a whole that holds it.
    private static func places(_ part: Range<Int64>, in whole: Range<Int64>) -> Range<Int> {
        let start = Int(clamping: part.lowerBound - whole.lowerBound)
        return start..<(start + part.count)
    }

    /// Has a range fetched on a thread of the pool. Waits for nothing: it is asked for under the lock of the pieces.
    private func start(_ key: String, _ byteCount: Int64, _ tag: String?, _ range: Range<Int64>) -> TransferPool.Promise<ByteRegion> {
        client.pool.startAhead { [self] () throws(BucketFailure) in try fetched(key, byteCount, tag, range) }
    }

    /// From the cache, else by one request.
    private func fetched(_ key: String, _ byteCount: Int64, _ tag: String?, _ range: Range<Int64>) throws(BucketFailure) -> ByteRegion {
        if let cached = cache?.region(of: location(key), byteCount: byteCount, range) { return cached }
        return Self.region(try fetch(key, byteCount, tag, range))
    }

    /// One request. An object that is of another content, or length, than when it was opened is corrupt, and no race.
    private func fetch(_ key: String, _ byteCount: Int64, _ tag: String?, _ range: Range<Int64>) throws(BucketFailure) -> [UInt8] {
        let piece: BucketClient.Piece
        do throws(BucketFailure) { piece = try client.get(key, range: range, tag: tag) } catch {
            guard error.kind == .lostRace else { throw error }
            throw BucketFailure(.corrupt, status: error.status, code: error.code, "the object was replaced while it was read", requestID: error.requestID)
        }
        guard piece.head.byteCount == byteCount else { throw BucketClient.odd("the object has \(piece.head.byteCount) bytes, and should have \(byteCount)") }
        keep(key, byteCount, range, piece.bytes, isLongest: false)
        return piece.bytes
    }

    private func keep(_ key: String, _ byteCount: Int64, _ range: Range<Int64>, _ bytes: [UInt8], isLongest: Bool) {
        guard let cache, Self.isImmutable(key), !range.isEmpty else { return }
        bytes.withUnsafeBytes { cache.keep(location(key), byteCount: byteCount, range, $0, isLongest: isLongest) }
    }

    /// What was just put: a manifest is read by the next question.
    func keepWhole(_ key: String, _ bytes: [UInt8]) { keep(key, Int64(bytes.count), 0..<Int64(bytes.count), bytes, isLongest: true) }

    func forget(_ key: String) {
        opening.withLock { _ = $0.take(key) }
        pieces.forget(location(key))
        cache?.forget(location(key))
    }

    /// Whether a key's content never changes, and no other store's object can come to have that key: data files and manifests have random names,
    /// metadata is numbered.
    static func isImmutable(_ key: String) -> Bool { key.hasSuffix(".parquet") || key.hasSuffix(".avro") }

    private static func region(_ bytes: [UInt8]) -> ByteRegion {
        ByteRegion(count: bytes.count) { target in bytes.withUnsafeBytes { target.copyMemory(from: $0) } }
    }
}
