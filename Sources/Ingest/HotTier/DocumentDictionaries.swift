import ColumnStore
import Synchronization

/// How documents are made small: a zstd dictionary for each type, learnt from its first documents, kept for ever.
package final class DocumentDictionaries: Sendable {
    private struct State {
        var dictionaries: [Int64: ZstdDictionary] = [:]
        /// The newest of each type.
        var current: [String: Int64] = [:]
        /// Documents of types that have none yet.
        var samples: [String: Samples] = [:]
    }
    private struct Samples {
        var documents: [[UInt8]] = []
        var byteCount = 0
        var isTraining = false
    }
    private let state: Mutex<State>
    private let codecs = Mutex<[LentCodec]>([])
    /// Proof: a codec is in the pool or with the one thread that took it out.
    private struct LentCodec: @unchecked Sendable { let codec: ZstdTextCodec }

    /// Where a new dictionary is stored before it is used: gives its number, 2 or above.
    private let store: @Sendable (_ type: String, _ bytes: [UInt8]) throws -> Int64

    /// zstd's own advice: about a hundred times the dictionary's size, which few types have early on; a tenth of that learns nearly as much.
    private static let sampleByteCountMin = 2 << 20
    private static let sampleCountMin = 500
    private static let sampleCountMax = 4_000
    private static let dictionaryByteCountMax = 112_640
    /// A single sample teaches no more than its first bytes.
    private static let sampleByteCountMax = 16 << 10
    /// Shorter ones are not worth a call.
    private static let compressedByteCountMin = 48

    package init(
        known: [(number: Int64, type: String, bytes: [UInt8])],
        store: @escaping @Sendable (_ type: String, _ bytes: [UInt8]) throws -> Int64
    ) {
        var state = State()
        for entry in known {
            state.dictionaries[entry.number] = ZstdDictionary(bytes: entry.bytes)
            if entry.number > state.current[entry.type] ?? 0 { state.current[entry.type] = entry.number }
        }
        self.state = Mutex(state)
        self.store = store
    }

    package func bytes(of number: Int64) -> [UInt8]? { state.withLock { $0.dictionaries[number]?.bytes } }

    /// Adds a dictionary that a hot file brought along.
    package func register(_ number: Int64, bytes: [UInt8]) {
        let dictionary = ZstdDictionary(bytes: bytes)
        state.withLock { if $0.dictionaries[number] == nil { $0.dictionaries[number] = dictionary } }
    }

    package func compress(_ document: [UInt8], type: String) throws -> (stored: [UInt8], coding: DocumentCoding) {
        let (number, dictionary) = state.withLock { state -> (Int64?, ZstdDictionary?) in
            let number = state.current[type]
            return (number, number.flatMap { state.dictionaries[$0] })
        }
        if dictionary == nil { learn(document, type: type) }
        guard document.count >= Self.compressedByteCountMin else { return (document, .plain) }
        let stored = try withCodec { codec in try document.withUnsafeBytes { try codec.compress($0, dictionary: dictionary) } }
        guard stored.count < document.count else { return (document, .plain) }
        guard let number, dictionary != nil else { return (stored, .zstd) }
        return (stored, .zstdDictionary(number))
    }

    package func inflate(_ stored: UnsafeRawBufferPointer, coding: DocumentCoding, byteCount: Int) throws -> [UInt8] {
        switch coding {
        case .plain: return Array(stored)
        case .zstd: return try withCodec { try $0.inflate(stored, byteCount: byteCount, dictionary: nil) }
        case .zstdDictionary(let number):
            guard let dictionary = state.withLock({ $0.dictionaries[number] }) else {
                throw ColumnStoreError(.corruptFile, "document dictionary \(number) is missing")
            }
            return try withCodec { try $0.inflate(stored, byteCount: byteCount, dictionary: dictionary) }
        }
    }

    private func withCodec<Result>(_ body: (ZstdTextCodec) throws -> Result) rethrows -> Result {
        let lent = codecs.withLock { $0.popLast() } ?? LentCodec(codec: ZstdTextCodec())
        defer { codecs.withLock { $0.append(lent) } }
        return try body(lent.codec)
    }

    /// Keeps a sample; with enough of them, one thread goes off to train.
    private func learn(_ document: [UInt8], type: String) {
        let samples = state.withLock { state -> [[UInt8]]? in
            var samples = state.samples[type] ?? Samples()
            guard !samples.isTraining, state.current[type] == nil else { return nil }
            state.samples[type] = nil  // no copy while it grows
            defer { state.samples[type] = samples }
            samples.documents.append(Array(document.prefix(Self.sampleByteCountMax)))
            samples.byteCount += min(document.count, Self.sampleByteCountMax)
            let isEnough = samples.documents.count >= Self.sampleCountMin && samples.byteCount >= Self.sampleByteCountMin
            guard isEnough || samples.documents.count >= Self.sampleCountMax else { return nil }
            samples.isTraining = true
            let documents = samples.documents
            samples.documents = []
            return documents
        }
        guard let samples else { return }
        _ = WorkerThread(name: "dictionary", isDetached: true) { [self] in train(samples, type: type) }
    }

    private func train(_ samples: [[UInt8]], type: String) {
        WorkerThread.lowerPriority()
        let byteCountMax = min(Self.dictionaryByteCountMax, max(4_096, samples.reduce(0) { $0 + $1.count } / 10))
        guard let bytes = ZstdDictionary.train(samples: samples, byteCountMax: byteCountMax),
            let dictionary = ZstdDictionary(bytes: bytes)
        else { return }  // documents of this type stay without: they have nothing in common
        do {
            let number = try store(type, bytes)
            state.withLock { state in
                state.dictionaries[number] = dictionary
                state.current[type] = number
                state.samples[type] = nil
            }
        } catch {
            // The catalog could not take it (a full disk): the next documents begin to teach anew.
            state.withLock { $0.samples[type] = nil }
        }
    }
}
