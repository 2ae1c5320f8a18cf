internal import CZstd

/// A zstd dictionary, prepared once for compressing and for inflating. Shared by all threads.
///
/// Short texts of one kind hardly repeat within themselves but much among each other: with a dictionary of their common parts a
/// document of 2 kB takes a third of the room that it takes alone.
public final class ZstdDictionary: Sendable {
    public let bytes: [UInt8]
    // Safe: both are written in init and only read by zstd after it; its documentation allows use from several threads at once.
    nonisolated(unsafe) fileprivate let forCompression: OpaquePointer
    nonisolated(unsafe) fileprivate let forInflation: OpaquePointer

    /// - Parameter bytes: what `train` gave, or any bytes that the texts have in common.
    /// - Returns: nil when zstd refuses the bytes.
    ///
    /// - Parameter level: of what is compressed with it; inflating asks for none.
    public init?(bytes: [UInt8], level: Int32 = 3) {
        guard let compression = bytes.withUnsafeBytes({ ZSTD_createCDict($0.baseAddress, $0.count, level) }) else { return nil }
        guard let inflation = bytes.withUnsafeBytes({ ZSTD_createDDict($0.baseAddress, $0.count) }) else {
            ZSTD_freeCDict(compression)
            return nil
        }
        self.bytes = bytes
        forCompression = compression
        forInflation = inflation
    }

    deinit {
        ZSTD_freeCDict(forCompression)
        ZSTD_freeDDict(forInflation)
    }

    /// The common parts of some samples; nil when there are too few of them to learn from.
    ///
    /// - Complexity: about a second for 10 MB of samples.
    ///
    /// - Parameters:
    ///   - samples: texts of the kind that will be compressed, each by itself.
    ///   - byteCountMax: of the dictionary.
    public static func train(samples: [[UInt8]], byteCountMax: Int) -> [UInt8]? {
        let joined = samples.flatMap { $0 }
        let sizes = samples.map(\.count)
        var failed = false
        let dictionary = [UInt8](unsafeUninitializedCapacity: byteCountMax) { target, count in
            let written = joined.withUnsafeBytes { joined in
                ZDICT_trainFromBuffer(target.baseAddress, target.count, joined.baseAddress, sizes, UInt32(sizes.count))
            }
            failed = ZDICT_isError(written) != 0
            count = failed ? 0 : written
        }
        return failed ? nil : dictionary
    }
}

/// Compresses and inflates short texts, each a zstd frame of its own, without what the caller knows already: size, checksum,
/// dictionary number. One owner on one thread at a time.
///
/// A frame does not tell what it is made with: who stores it keeps the text's length and the dictionary's number beside it.
public final class ZstdTextCodec {
    private let compression: OpaquePointer
    private let inflation: OpaquePointer

    /// - Parameter level: zstd's; with a dictionary, its own holds.
    public init(level: Int32 = 3) {
        guard let compression = ZSTD_createCCtx(), let inflation = ZSTD_createDCtx() else {
            preconditionFailure("zstd: out of memory")
        }
        self.compression = compression
        self.inflation = inflation
        ZSTD_CCtx_setParameter(compression, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(compression, ZSTD_c_contentSizeFlag, 0)
        ZSTD_CCtx_setParameter(compression, ZSTD_c_checksumFlag, 0)
        ZSTD_CCtx_setParameter(compression, ZSTD_c_dictIDFlag, 0)
    }

    deinit {
        ZSTD_freeCCtx(compression)
        ZSTD_freeDCtx(inflation)
    }

    /// - Throws: `.codec` when zstd fails, which it does only without memory.
    ///
    /// - Parameter dictionary: the same one is needed to inflate; it is referred to for the time of this call, each of which sets it anew.
    public func compress(_ text: UnsafeRawBufferPointer, dictionary: ZstdDictionary?) throws(PageError) -> [UInt8] {
        ZSTD_CCtx_refCDict(compression, dictionary?.forCompression)
        var code = 0
        let result = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(text.count)) { target, count in
            code = ZSTD_compress2(compression, target.baseAddress, target.count, text.baseAddress, text.count)
            count = ZSTD_isError(code) == 0 ? code : 0
        }
        guard ZSTD_isError(code) == 0 else { throw .codec(code: code) }
        return result
    }

    /// - Parameter byteCount: the text's exact length.
    /// - Throws: `.codec` when the bytes are no frame of that dictionary, or of another length.
    public func inflate(
        _ frame: UnsafeRawBufferPointer, byteCount: Int, dictionary: ZstdDictionary?
    ) throws(PageError) -> [UInt8] {
        // What stands beside the frame is nobody's promise: no text has more.
        guard (0...Int(Int32.max)).contains(byteCount) else { throw .outOfRange("the length of a text", value: byteCount) }
        var code = 0
        // The room is exactly as long as the text: bytes that inflate to more are refused by zstd, fewer are below.
        let result = [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
            if let dictionary {
                code = ZSTD_decompress_usingDDict(
                    inflation, target.baseAddress, target.count, frame.baseAddress, frame.count, dictionary.forInflation)
            } else {
                code = ZSTD_decompressDCtx(inflation, target.baseAddress, target.count, frame.baseAddress, frame.count)
            }
            count = ZSTD_isError(code) == 0 ? code : 0
        }
        guard ZSTD_isError(code) == 0 else { throw .codec(code: code) }
        guard result.count == byteCount else { throw .lengthMismatch(expected: byteCount, actual: result.count) }
        return result
    }
}
