internal import CBrotli
internal import CLZ4
internal import CZlib
internal import CZstd

/// Inflates page bodies of every codec, with contexts that are made on first use and kept.
///
/// One owner on one thread; each scan task makes its own.
///
/// The length of what comes out is known beforehand, from the page's header: nothing here grows, and a page that claims less or more is refused.
public final class PageDecompressor {
    private var zstdContext: OpaquePointer?
    /// On the heap, since zlib keeps a pointer back to it.
    private var gzipStream: UnsafeMutablePointer<z_stream>?

    public init() {}

    deinit {
        if let zstdContext { InflatingContexts.shared.give(zstdContext) }
        if let gzipStream {
            inflateEnd(gzipStream)
            gzipStream.deallocate()
        }
    }

    /// Inflates `source` into `target`, which is as long as the page header says.
    ///
    /// - Throws: `.codec` when the library refuses the bytes, `.lengthMismatch` when fewer or more come out,
    ///   `.unsupported` for LZO and unknown codecs.
    public func decompress(
        _ codec: CompressionCodec, _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) {
        switch codec {
        case .uncompressed:
            guard source.count == target.count else {
                throw .lengthMismatch(expected: target.count, actual: source.count)
            }
            target.copyMemory(from: source)
        // Each of these writes within the target whatever the source says.
        case .zstd: try inflateZstd(source, into: target)
        case .snappy: try SnappyBlock.inflate(source, into: target)
        case .gzip: try inflateGzip(source, into: target)
        case .brotli: try inflateBrotli(source, into: target)
        case .lz4Raw: try inflateLZ4Block(source, into: target)
        case .lz4: try inflateOldLZ4(source, into: target)
        default: throw .unsupported("this compression codec")
        }
    }

    /// How many bytes `source` inflates to, as far as its own header tells: a page header that claims more than
    /// that is refused before memory is taken for it.
    ///
    /// - Returns: nil where the bytes do not say, or are not one whole zstd frame.
    public static func declaredByteCount(_ codec: CompressionCodec, _ source: UnsafeRawBufferPointer) -> Int? {
        switch codec {
        case .uncompressed: return source.count
        case .snappy: return SnappyBlock.length(of: source)?.count
        case .zstd:
            let count = ZSTD_getFrameContentSize(source.baseAddress, source.count)
            // The two top values mean "unknown" and "error".
            guard count < UInt64(Int64.max), ZSTD_findFrameCompressedSize(source.baseAddress, source.count) == source.count
            else { return nil }
            return Int(count)
        default: return nil
        }
    }

    private func inflateZstd(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) {
        let context: OpaquePointer
        if let kept = zstdContext {
            context = kept
        } else {
            context = InflatingContexts.shared.take()
            zstdContext = context
        }
        let written = ZSTD_decompressDCtx(context, target.baseAddress, target.count, source.baseAddress, source.count)
        guard ZSTD_isError(written) == 0 else { throw .codec(code: written) }
        guard written == target.count else { throw .lengthMismatch(expected: target.count, actual: written) }
    }

    /// Reads gzip members one after another; some writers leave the gzip wrapper for zlib's, which is accepted too.
    private func inflateGzip(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) {
        let stream = try gzipStreamReset()
        // zlib's interface predates const; it does not write here.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = try counted(source.count)
        // An empty target still needs an address that is not NULL.
        var empty: UInt8 = 0
        try withUnsafeMutablePointer(to: &empty) { (empty) throws(PageError) in
            stream.pointee.next_out = target.isEmpty ? empty : target.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = try counted(target.count)
            while true {
                let status = inflate(stream, Z_FINISH)
                guard status == Z_STREAM_END else {
                    if status == Z_BUF_ERROR, stream.pointee.avail_out == 0 {
                        throw .lengthMismatch(expected: target.count, actual: target.count + 1)
                    }
                    throw .codec(code: Int(status))
                }
                if stream.pointee.avail_in == 0 { break }
                inflateReset(stream)
            }
        }
        let left = Int(stream.pointee.avail_out)
        guard left == 0 else { throw .lengthMismatch(expected: target.count, actual: target.count - left) }
    }

    private func gzipStreamReset() throws(PageError) -> UnsafeMutablePointer<z_stream> {
        if let gzipStream {
            inflateReset(gzipStream)
            return gzipStream
        }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; + 32: the wrapper is recognised.
        let status = inflateInit2_(stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw .codec(code: Int(status))
        }
        gzipStream = stream
        return stream
    }

    /// zlib counts in 32 bits.
    private func counted(_ count: Int) throws(PageError) -> UInt32 {
        guard let narrow = UInt32(exactly: count) else { throw .outOfRange("the page's length", value: count) }
        return narrow
    }

    /// RFC 7932. It takes no context that could be kept.
    private func inflateBrotli(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) {
        var written = target.count
        let status = BrotliDecoderDecompress(
            source.count, source.baseAddress?.assumingMemoryBound(to: UInt8.self), &written,
            target.baseAddress?.assumingMemoryBound(to: UInt8.self))
        guard status == BROTLI_DECODER_RESULT_SUCCESS else { throw .codec(code: Int(status.rawValue)) }
        guard written == target.count else { throw .lengthMismatch(expected: target.count, actual: written) }
    }

    /// - Throws: `.codec` for bytes that are no block or want more room than there is, `.lengthMismatch` when fewer come out.
    private func inflateLZ4Block(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) {
        if target.isEmpty, source.isEmpty { return }
        let written = LZ4_decompress_safe(
            source.baseAddress?.assumingMemoryBound(to: CChar.self), target.baseAddress?.assumingMemoryBound(to: CChar.self),
            Int32(clamping: source.count), Int32(clamping: target.count))
        guard written >= 0 else { throw .codec(code: Int(written)) }
        guard written == target.count else { throw .lengthMismatch(expected: target.count, actual: Int(written)) }
    }

    /// The old LZ4 was never specified: parquet-mr wrote Hadoop's framing (per block: uncompressed and compressed
    /// length, 4 bytes each, big-endian), early Arrow a raw block, and some writers LZ4's own frame. Whichever fits.
    private func inflateOldLZ4(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) {
        if try inflateHadoopLZ4(source, into: target) { return }
        if source.count >= 4, source.loadUnaligned(as: UInt32.self).littleEndian == 0x184D_2204 {
            try inflateLZ4Frame(source, into: target)
        } else {
            try inflateLZ4Block(source, into: target)
        }
    }

    /// Blocks to the end, each after its two lengths:
    ///
    ///     00 00 00 05   00 00 00 07   seven bytes that inflate to five   …
    ///
    /// A raw block may begin with the same bytes by chance: what follows decides, since lengths, blocks and target must all come out even.
    ///
    /// - Returns: false when the bytes are no such framing, with `target` in any state.
    private func inflateHadoopLZ4(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) -> Bool {
        var position = 0
        var written = 0
        while source.count - position >= 8 {
            let uncompressed = Int(UInt32(bigEndian: source.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            let compressed = Int(UInt32(bigEndian: source.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self)))
            position += 8
            guard uncompressed <= target.count - written, compressed <= source.count - position else { return false }
            let block = UnsafeRawBufferPointer(rebasing: source[position..<position + compressed])
            let part = UnsafeMutableRawBufferPointer(rebasing: target[written..<written + uncompressed])
            do {
                try inflateLZ4Block(block, into: part)
            } catch {
                return false
            }
            position += compressed
            written += uncompressed
        }
        return position == source.count && written == target.count
    }

    /// LZ4's own frame, from its magic 0x184D2204 on.
    private func inflateLZ4Frame(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(PageError) {
        var context: OpaquePointer?
        let made = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(made) == 0, let context else { throw .codec(code: made) }
        defer { LZ4F_freeDecompressionContext(context) }
        var consumed = 0
        var written = 0
        while true {
            var sourceCount = source.count - consumed
            var targetCount = target.count - written
            let hint = LZ4F_decompress(
                context, target.baseAddress.map { $0 + written }, &targetCount, source.baseAddress.map { $0 + consumed },
                &sourceCount, nil)
            guard LZ4F_isError(hint) == 0 else { throw .codec(code: hint) }
            consumed += sourceCount
            written += targetCount
            // 0: the frame is over. Else how much it would like next, which is all that is left already.
            if hint == 0 { break }
            if sourceCount == 0, targetCount == 0 { throw .lengthMismatch(expected: target.count, actual: written) }
        }
        guard written == target.count else { throw .lengthMismatch(expected: target.count, actual: written) }
    }
}
