import ColumnStore
import Synchronization

/// How documents are made small: a zstd dictionary for each type, learnt from its first few hundred documents and kept for all days; learnt
/// anew when there are many times as many, and taken only where it is worth its place.
///
/// A hot file keeps copies of the dictionaries that it uses (`HotFileWriter`).
/// Used from all threads that take or read documents; compression happens outside the lock.
package final class DocumentDictionaries: Sendable {
    /// The lock is held for a look-up and a sample's copy, never while something is compressed or trained.
    private struct State {
        var dictionaries: [Int64: ZstdDictionary] = [:]
        /// The newest of each type.
        var current: [String: Int64] = [:]
        /// What types are learning.
        var lessons: [String: Lesson] = [:]
    }
    private struct Lesson {
        var samples: [[UInt8]] = []
        var byteCount = 0
        /// A thread has the samples. Stays set where they made no dictionary, so that the type is not tried again in this process.
        var isTraining = false
        /// Documents seen since the last lesson.
        var seenCount = 0
        /// So many are let go by before the next sample is kept.
        var skippedCount = 0
    }
    private let state: Mutex<State>
    private let codecs = Mutex<[LentCodec]>([])
    /// Proof: a codec is in the pool or with the one thread that took it out.
    private struct LentCodec: @unchecked Sendable { let codec: ZstdTextCodec }

    /// Where a new dictionary is stored before it is used: gives its number, 2 or above.
    private let store: @Sendable (_ type: String, _ bytes: [UInt8]) throws -> Int64

    /// 300 receipts of 1.9 kB make a dictionary that brings them to 16.0 %, 4,000 one that brings them to 15.6 %.
    private static let sampleByteCountMin = 512 << 10
    private static let sampleCountMin = 300
    /// Where documents are so small that `sampleByteCountMin` is not reached.
    private static let sampleCountMax = 4_000
    /// 110 KiB, the largest that was measured (`docs/decisions/0011-hot-tier.md`).
    private static let dictionaryByteCountMax = 112_640
    /// The assortment changes: after so many documents a type learns again, from every 64th.
    private static let lessonDocumentCount = 1_000_000
    private static let laterSampleStride = 64
    private static let laterSampleCount = 3_000
    /// A later dictionary must make its samples smaller by this share: it is kept forever, and in every file that uses it.
    private static let gainMin = 0.05
    /// A single sample teaches no more than its first bytes.
    private static let sampleByteCountMax = 16 << 10
    /// Shorter ones are not worth a call.
    private static let compressedByteCountMin = 48

    /// - Parameters:
    ///   - known: the catalog's, in any order; of a type the highest number is the one in force.
    ///   - store: durable when it returns. Called on the thread that trained.
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

    /// Nil for a number that neither the catalog nor a file that was opened has.
    package func bytes(of number: Int64) -> [UInt8]? { state.withLock { $0.dictionaries[number]?.bytes } }

    /// Adds a dictionary that a hot file brought along.
    package func register(_ number: Int64, bytes: [UInt8]) {
        let dictionary = ZstdDictionary(bytes: bytes)
        state.withLock { if $0.dictionaries[number] == nil { $0.dictionaries[number] = dictionary } }
    }

    /// Called for each document on the thread that takes it, before the writer sees it.
    ///
    /// A dictionary that is learnt from this very document is not waited for: the document goes by what there was.
    ///
    /// - Returns: `.plain` where compression makes nothing smaller, or the document has fewer than 48 bytes.
    package func compress(_ document: [UInt8], type: String) throws -> (stored: [UInt8], coding: DocumentCoding) {
        let (number, dictionary, samples) = state.withLock { state -> (Int64?, ZstdDictionary?, [[UInt8]]?) in
            let number = state.current[type]
            // In place: a lesson taken out and put back would be copied.
            let samples = Self.learn(document, &state.lessons[type, default: Lesson()], isFirst: number == nil)
            return (number, number.flatMap { state.dictionaries[$0] }, samples)
        }
        if let samples, !WorkerThread.start(name: "dictionary", { [self] in train(samples, type: type) }) {
            // The next documents begin to teach anew.
            state.withLock { $0.lessons[type]?.isTraining = false }
        }
        guard document.count >= Self.compressedByteCountMin else { return (document, .plain) }
        let stored = try withCodec { codec in try document.withUnsafeBytes { try codec.compress($0, dictionary: dictionary) } }
        guard stored.count < document.count else { return (document, .plain) }
        guard let number, dictionary != nil else { return (stored, .zstd) }
        return (stored, .zstdDictionary(number))
    }

    /// What `compress` has made of a document once: by the same version of zstd the same bytes.
    ///
    /// - Throws: as `inflate`, of a dictionary.
    func stored(_ document: [UInt8], as coding: DocumentCoding) throws -> [UInt8] {
        var dictionary: ZstdDictionary?
        switch coding {
        case .none: return []
        case .plain: return document
        case .zstd: break
        case .zstdDictionary(let number):
            guard let known = state.withLock({ $0.dictionaries[number] }) else { throw ColumnStoreError(.corruptFile, "document dictionary \(number) is missing") }
            dictionary = known
        }
        return try withCodec { [dictionary] codec in try document.withUnsafeBytes { try codec.compress($0, dictionary: dictionary) } }
    }

    /// - Parameter byteCount: of the document as it was posted. It bounds what the frame may become.
    /// - Throws: `ColumnStoreError` of `.corruptFile` where the dictionary is missing; what zstd says of a frame that is none.
    package func inflate(_ stored: UnsafeRawBufferPointer, coding: DocumentCoding, byteCount: Int) throws -> [UInt8] {
        switch coding {
        case .none: return []
        case .plain: return Array(stored)
        case .zstd: return try withCodec { try $0.inflate(stored, byteCount: byteCount, dictionary: nil) }
        case .zstdDictionary(let number):
            guard let dictionary = state.withLock({ $0.dictionaries[number] }) else {
                throw ColumnStoreError(.corruptFile, "document dictionary \(number) is missing")
            }
            return try withCodec { try $0.inflate(stored, byteCount: byteCount, dictionary: dictionary) }
        }
    }

    /// A pool without a bound: it has as many codecs as threads ever compressed at once.
    private func withCodec<Result>(_ body: (ZstdTextCodec) throws -> Result) rethrows -> Result {
        let lent = codecs.withLock { $0.popLast() } ?? LentCodec(codec: ZstdTextCodec())
        defer { codecs.withLock { $0.append(lent) } }
        return try body(lent.codec)
    }

    /// Keeps a sample, if it is wanted; gives all of them when there are enough to train.
    ///
    /// Called under the lock for every document: but for a copy of a sample it counts.
    private static func learn(_ document: [UInt8], _ lesson: inout Lesson, isFirst: Bool) -> [[UInt8]]? {
        lesson.seenCount += 1
        guard !lesson.isTraining else { return nil }
        if !isFirst {
            guard lesson.seenCount > lessonDocumentCount else { return nil }
            lesson.skippedCount += 1
            guard lesson.skippedCount >= laterSampleStride else { return nil }
            lesson.skippedCount = 0
        }
        lesson.samples.append(Array(document.prefix(sampleByteCountMax)))
        lesson.byteCount += min(document.count, sampleByteCountMax)
        let isEnough =
            isFirst
            ? lesson.samples.count >= sampleCountMin && lesson.byteCount >= sampleByteCountMin || lesson.samples.count >= sampleCountMax
            : lesson.samples.count >= laterSampleCount
        guard isEnough else { return nil }
        let samples = lesson.samples
        // `seenCount` begins anew with it, so the next lesson is a million documents away.
        lesson = Lesson(isTraining: true)
        return samples
    }

    /// On a thread of its own at low priority: half a second for thousands of samples (`docs/decisions/0011-hot-tier.md`).
    private func train(_ samples: [[UInt8]], type: String) {
        WorkerThread.lowerPriority()
        // A dictionary as large as its samples would hold them rather than what they share.
        let byteCountMax = min(Self.dictionaryByteCountMax, max(4_096, samples.reduce(0) { $0 + $1.count } / 5))
        guard let bytes = ZstdDictionary.train(samples: samples, byteCountMax: byteCountMax),
            let dictionary = ZstdDictionary(bytes: bytes)
        else { return }  // documents of this type stay as they are, and teach no more: they have nothing in common
        defer { state.withLock { $0.lessons[type]?.isTraining = false } }
        do {
            guard try isWorthwhile(dictionary, samples, type: type) else { return }
            let number = try store(type, bytes)
            state.withLock { state in
                state.dictionaries[number] = dictionary
                state.current[type] = number
            }
        } catch {
            // The catalog could not take it (a full disk): the next documents begin to teach anew.
        }
    }

    /// Whether the type has no dictionary yet, or one that makes the samples markedly larger than this would.
    ///
    /// - Complexity: every sample is compressed twice.
    private func isWorthwhile(_ dictionary: ZstdDictionary, _ samples: [[UInt8]], type: String) throws -> Bool {
        guard let present = state.withLock({ state in state.current[type].flatMap { state.dictionaries[$0] } }) else { return true }
        func byteCount(with dictionary: ZstdDictionary) throws -> Int {
            try withCodec { codec in
                try samples.reduce(0) { sum, sample in try sum + sample.withUnsafeBytes { try codec.compress($0, dictionary: dictionary).count } }
            }
        }
        return Double(try byteCount(with: dictionary)) < (1 - Self.gainMin) * Double(try byteCount(with: present))
    }
}
