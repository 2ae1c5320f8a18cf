/// Whole objects of a bucket that are wanted one after the other: the next of them are on their way while one is used, so that several small ones take one
/// round trip. One thread.
struct ObjectsAhead {
    private let reader: BucketReader
    private let objects: [WantedObject]
    /// The one that is wanted next, and the first that was not thought of yet.
    private var (place, end) = (0, 0)
    private var begun: [Int: TransferPool.Promise<[UInt8]>] = [:]
    /// The memory that objects which are being fetched may take.
    private var byteCount = 0

    /// Beside the one that is wanted now: as many as a bucket is asked for at once.
    private static let countMax = 15
    /// What is on its way or lies here unused takes no more.
    private static let byteCountMax = 32 << 20

    init(_ reader: BucketReader, _ objects: [WantedObject]) { (self.reader, self.objects) = (reader, objects) }

    /// The next one.
    ///
    /// - Precondition: there is one.
    /// - Throws: that object's error; errors of those behind it are thrown in their turn.
    mutating func next() throws(BucketFailure) -> [UInt8] {
        let object = objects[place]
        let promise = begun.removeValue(forKey: place)
        if promise != nil { byteCount -= reader.firstByteCount(of: object) }
        place += 1
        begin()
        guard let promise else { return try reader.whole(object) }
        do throws(BucketFailure) { return try promise.wait() } catch {
            // What is longer than was said is not held for others' turns.
            guard error.code == BucketClient.tooLongCode else { throw error }
            return try reader.whole(object)
        }
    }

    /// Sends for those behind; what the cache has is read in its turn.
    private mutating func begin() {
        end = max(end, place)
        while end < objects.count, begun.count < Self.countMax {
            let object = objects[end]
            if !reader.isCached(object.key) {
                let wanted = reader.firstByteCount(of: object)
                guard wanted <= Self.byteCountMax - byteCount else { return }
                byteCount += wanted
                begun[end] = reader.client.pool.start { [reader] () throws(BucketFailure) in try reader.wholeAtFirst(object) }
            }
            end += 1
        }
    }
}
