/// The object as bytes: as part of a message, and by itself.
///
///     object        := title configuration [ store:text ] sum[16]        title := "till-cluster 1\n" | "till-cluster 2\n", the second with a store
///     configuration := epoch nonce leader:text insync:text[] isPair:uint8 flag [ generation base:mark ] floor removed:text[] level
///     text          := count:uint32 bytes
///
/// The sum is a `Digest` over everything before it.
extension Configuration {
    /// Members of a pair, and those that were sent away.
    static let memberCountMax = 16

    /// The members without the store, for which messages have no place.
    func write(to writer: inout FrameWriter) {
        writer.write(epoch)
        writer.write(nonce)
        writer.write(leader)
        writer.write(insync) { $0.write($1) }
        writer.write(mode == .pair)
        writer.write(log != nil)
        if let log {
            writer.write(log.generation)
            writer.write(log.base)
        }
        writer.write(floor)
        writer.write(removed) { $0.write($1) }
        writer.write(level)
    }

    /// - Throws: `FrameFault` also for names that are none, and for a leader that is not the first of those in sync.
    init(from reader: inout FrameReader) throws(FrameFault) {
        func name(_ reader: inout FrameReader) throws(FrameFault) -> String {
            let name = try reader.text(byteCountMax: NodeName.byteCountMax)
            guard NodeName.isValid(name) else { throw FrameFault("a node has no name") }
            return name
        }
        let (epoch, nonce, leader) = (try reader.number(), try reader.nonce(), try name(&reader))
        let insync = try reader.list(countMax: Self.memberCountMax, byteCount: 5, name)
        let mode = try reader.flag() ? Mode.pair : .log
        let log = try reader.flag() ? LogStart(generation: try reader.number(), base: try reader.mark()) : nil
        self.init(
            epoch: epoch, nonce: nonce, leader: leader, insync: insync, mode: mode, log: log, floor: try reader.number(),
            removed: try reader.list(countMax: Self.memberCountMax, byteCount: 5, name), level: try reader.number())
        guard insync.first == leader else { throw FrameFault("its leader is not in sync") }
    }

    // MARK: The object

    /// By which bytes the object is known. Versions before read the first form alone, so the second is written where a store is named, which no such version is there for.
    private enum Form: CaseIterable {
        case first
        /// The store's number stands behind the members.
        case namingStore

        static let word = Array("till-cluster ".utf8)

        var title: [UInt8] { Array((self == .first ? "till-cluster 1\n" : "till-cluster 2\n").utf8) }
    }

    /// Of the object. A longer one is somebody else's.
    package static let byteCountMax = 4_096

    /// The object as it lies in a bucket or at a witness: a title, its members, and a sum of both.
    package var objectBytes: [UInt8] {
        var writer = FrameWriter(bytes: (store == nil ? Form.first : .namingStore).title)
        write(to: &writer)
        if let store { writer.write(store.text) }
        var sum = Digest.zero
        sum.take(writer.bytes)
        writer.write(sum)
        return writer.bytes
    }

    /// Reads the object, whoever wrote it.
    ///
    /// - Throws: `FrameFault`.
    package init(parsingObject bytes: [UInt8]) throws(FrameFault) {
        guard bytes.count <= Self.byteCountMax, let form = Form.allCases.first(where: { bytes.starts(with: $0.title) }), bytes.count > form.title.count + 16 else {
            throw FrameFault(bytes.starts(with: Form.word) ? "it is damaged, or another version's: start a newer one" : "it is no object of a cluster")
        }
        var sum = Digest.zero
        sum.take(Array(bytes.dropLast(16)))
        var end = FrameReader(bytes.suffix(16))
        guard try end.digest() == sum else { throw FrameFault("it does not have its sum: it is damaged") }
        var reader = FrameReader(bytes[form.title.count..<bytes.count - 16])
        self = try Configuration(from: &reader)
        if form == .namingStore {
            guard let named = StoreIdentity(try reader.text(byteCountMax: StoreIdentity.byteCount)) else { throw FrameFault("it names no store") }
            store = named
        }
        try reader.end()
    }
}
