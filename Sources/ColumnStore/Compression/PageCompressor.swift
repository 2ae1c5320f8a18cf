internal import CBrotli
internal import CLZ4
internal import CSnappy
internal import CZlib
internal import CZstd

/// How hard a page is compressed.
public struct CompressionEffort: Hashable, Sendable {
    /// In the codec's own scale; nil for its customary one.
    public var level: Int32?
    /// How far back zstd looks for what it has seen, and how many places it remembers, as powers of two; nil for the level's own. The
    /// levels' own are for text that repeats itself nearby: documents repeat what stood megabytes before.
    /// What is outside of zstd's range is passed over, and the level's own holds.
    public var windowLog: Int32?
    public var tableLog: Int32?
    /// The shortest repetition that zstd looks for; nil for the level's own. Longer ones miss what a column's short values have, but in
    /// documents those it finds are the better ones.
    public var minMatch: Int32?

    /// The longest `minMatch` there is.
    static let longMatch: Int32 = 7

    public init(level: Int32? = nil, windowLog: Int32? = nil, tableLog: Int32? = nil, minMatch: Int32? = nil) {
        self.level = level
        self.windowLog = windowLog
        self.tableLog = tableLog
        self.minMatch = minMatch
    }
}

/// The compressors of one codec that a thread needs, by effort: each is made when first asked for, and kept.
///
/// One owner on one thread.
///
/// A column has few efforts in a file: its own, and those that a plan tries.
final class PageCompressors {
    let codec: CompressionCodec
    private var made: [CompressionEffort: PageCompressor] = [:]

    init(_ codec: CompressionCodec) { self.codec = codec }

    /// - Throws: `.unsupported` for codecs that are not written.
    func compressor(_ effort: CompressionEffort) throws(PageError) -> PageCompressor {
        if let kept = made[effort] { return kept }
        let compressor = try PageCompressor(codec, effort: effort)
        made[effort] = compressor
        return compressor
    }
}

/// Compresses page bodies with one codec, with a context that is made once and kept.
///
/// One owner on one thread; each encoding task makes its own.
///
/// Each page is a frame, or whatever the codec calls it, by itself: a reader needs no page before it.
public final class PageCompressor {
    public let codec: CompressionCodec
    /// In the codec's own scale; ignored by codecs that have none.
    public let level: Int32
    private var zstdContext: OpaquePointer?
    /// Room for the worst case, kept from page to page.
    private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// - Parameter level: nil for the codec's customary one (zstd 3, gzip 6, brotli 8).
    /// - Throws: `.unsupported` for codecs that are not written (LZO, unknown ones).
    public convenience init(_ codec: CompressionCodec, level: Int32? = nil) throws(PageError) {
        try self.init(codec, effort: CompressionEffort(level: level))
    }

    /// - Throws: `.unsupported` for codecs that are not written (LZO, unknown ones).
    public init(_ codec: CompressionCodec, effort: CompressionEffort) throws(PageError) {
        let level = effort.level
        self.codec = codec
        switch codec {
        case .uncompressed, .snappy, .lz4, .lz4Raw: self.level = 0
        case .zstd:
            self.level = min(max(level ?? 3, ZSTD_minCLevel()), ZSTD_maxCLevel())
            guard let context = ZSTD_createCCtx() else { preconditionFailure("zstd: out of memory") }
            zstdContext = context
            // Each takes values of a range and clamps none: what it refuses stays as the level has it.
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, self.level)
            if let window = effort.windowLog { ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window) }
            if let match = effort.minMatch { ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, match) }
            if let table = effort.tableLog { ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, table) }
        case .gzip: self.level = min(max(level ?? 6, 1), 9)
        case .brotli: self.level = min(max(level ?? 8, BROTLI_MIN_QUALITY), BROTLI_MAX_QUALITY)
        default: throw .unsupported("this compression codec")
        }
    }

    deinit {
        ZSTD_freeCCtx(zstdContext)
        scratch.deallocate()
    }

    /// Appends `source`, compressed, to `target`.
    ///
    /// - Returns: how many bytes were appended.
    /// - Throws: `.outOfRange` for a page near 2 GiB, `.codec` when the library fails.
    /// - Complexity: O(`source`).
    @discardableResult
    public func compress(_ source: UnsafeRawBufferPointer, appendingTo target: inout [UInt8]) throws(PageError) -> Int {
        let start = target.count
        if codec == .uncompressed {
            target.append(contentsOf: source)
            return source.count
        }
        let bound = try compressedByteCountMax(source.count)
        if scratch.count < bound {
            scratch.deallocate()
            scratch = .allocate(byteCount: bound, alignment: 16)
        }
        // What comes out may be longer than `source`: whether that is stored as it was instead is the caller's to decide.
        let written = try compressBody(source, into: scratch)
        target.append(contentsOf: UnsafeRawBufferPointer(rebasing: scratch[..<written]))
        return target.count - start
    }

    /// The most bytes that `byteCount` bytes can become.
    ///
    /// - Throws: `.outOfRange` near 2 GiB, which the format's page headers and some libraries count no further than.
    public func compressedByteCountMax(_ byteCount: Int) throws(PageError) -> Int {
        guard byteCount <= Int(Int32.max) - 1024 else { throw .outOfRange("the page's length", value: byteCount) }
        switch codec {
        case .zstd: return ZSTD_compressBound(byteCount)
        case .snappy: return snappy_max_compressed_length(byteCount)
        // gzip's wrapper is 18 bytes where zlib's, which compressBound counts, is 6.
        case .gzip: return Int(compressBound(UInt(byteCount))) + 32
        case .brotli: return max(BrotliEncoderMaxCompressedSize(byteCount), 64)
        case .lz4Raw: return Int(LZ4_compressBound(Int32(byteCount)))
        case .lz4: return Int(LZ4_compressBound(Int32(byteCount))) + 8
        default: return byteCount
        }
    }

    /// - Parameter target: has `compressedByteCountMax` bytes.
    /// - Returns: how many of them were written.
    private func compressBody(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) -> Int {
        switch codec {
        case .zstd:
            let written = ZSTD_compress2(zstdContext, target.baseAddress, target.count, source.baseAddress, source.count)
            guard ZSTD_isError(written) == 0 else { throw .codec(code: written) }
            return written
        case .snappy:
            var written = target.count
            let status = snappy_compress(
                source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
                target.baseAddress?.assumingMemoryBound(to: CChar.self), &written)
            guard status == SNAPPY_OK else { throw .codec(code: Int(status.rawValue)) }
            return written
        case .gzip: return try deflateGzip(source, into: target)
        case .brotli:
            var written = target.count
            let status = BrotliEncoderCompress(
                level, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, source.count,
                source.baseAddress?.assumingMemoryBound(to: UInt8.self), &written,
                target.baseAddress?.assumingMemoryBound(to: UInt8.self))
            guard status == BROTLI_TRUE else { throw .codec(code: 0) }
            return written
        case .lz4Raw: return try deflateLZ4(source, into: target)
        case .lz4:
            // Hadoop's framing, one block: both lengths before it, big-endian.
            let body = UnsafeMutableRawBufferPointer(rebasing: target[8...])
            let written = try deflateLZ4(source, into: body)
            target.storeBytes(of: UInt32(source.count).bigEndian, as: UInt32.self)
            target.storeBytes(of: UInt32(written).bigEndian, toByteOffset: 4, as: UInt32.self)
            return written + 8
        default: throw .unsupported("this compression codec")
        }
    }

    private func deflateLZ4(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) -> Int {
        let written = LZ4_compress_default(
            source.baseAddress?.assumingMemoryBound(to: CChar.self), target.baseAddress?.assumingMemoryBound(to: CChar.self),
            Int32(source.count), Int32(clamping: target.count))
        guard written > 0 else { throw .codec(code: Int(written)) }
        return Int(written)
    }

    /// One gzip member. A stream is made for each page: few files are written so.
    private func deflateGzip(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) -> Int {
        var stream = z_stream()
        // 15: the largest window; + 16: gzip's wrapper.
        let status = deflateInit2_(
            &stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .codec(code: Int(status)) }
        defer { deflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(clamping: target.count)
        let finished = deflate(&stream, Z_FINISH)
        guard finished == Z_STREAM_END else { throw .codec(code: Int(finished)) }
        return Int(stream.total_out)
    }
}
