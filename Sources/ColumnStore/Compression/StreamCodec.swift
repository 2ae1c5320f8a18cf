internal import CZlib
internal import CZstd

/// The two codings of whole streams, as HTTP's Content-Encoding and files ending in .gz and .zst have them.
///
/// Unlike a page's, these streams have a length that nobody knows beforehand. Answers and bodies of HTTP, files of an import or an upload, and the
/// console's files are so coded.
public enum StreamCoding: String, Sendable, CaseIterable {
    case gzip
    case zstd
}

/// Compresses a stream piece by piece. One owner on one thread.
public final class StreamCompressor {
    private let coding: StreamCoding
    /// At one address for its lifetime: zlib's state points back to it.
    private let zlib = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var zstd: OpaquePointer?
    /// Room for what a step puts out, before it is appended or handed on.
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)

    public init(_ coding: StreamCoding) {
        self.coding = coding
        zlib.initialize(to: z_stream())
        switch coding {
        case .gzip:
            // 15 bits of window, and 16 for gzip's wrapper instead of zlib's. Level 4: the network is faster than level 6.
            let code = deflateInit2_(
                zlib, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            precondition(code == Z_OK, "zlib: out of memory")
        case .zstd:
            guard let context = ZSTD_createCCtx() else { preconditionFailure("zstd: out of memory") }
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3)
            zstd = context
        }
    }

    deinit {
        if coding == .gzip { deflateEnd(zlib) }
        zlib.deallocate()
        ZSTD_freeCCtx(zstd)
    }

    /// What comes out for `bytes`; nothing more may be added once `isLast`.
    ///
    /// - Parameter flushes: so that what was written so far can be read at the other end.
    ///
    /// - Parameters:
    ///   - bytes: below 4 GiB.
    ///   - isLast: ends the gzip member or zstd frame.
    public func compress(_ bytes: [UInt8], isLast: Bool, flushes: Bool = false) -> [UInt8] {
        var output: [UInt8] = []
        bytes.withUnsafeBytes { source in
            switch coding {
            case .gzip: deflatePiece(source, mode: isLast ? Z_FINISH : flushes ? Z_SYNC_FLUSH : Z_NO_FLUSH, to: &output)
            case .zstd: zstdPiece(source, mode: isLast ? ZSTD_e_end : flushes ? ZSTD_e_flush : ZSTD_e_continue, to: &output)
            }
        }
        return output
    }

    private func deflatePiece(_ source: UnsafeRawBufferPointer, mode: Int32, to output: inout [UInt8]) {
        zlib.pointee.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
        zlib.pointee.avail_in = UInt32(source.count)
        var isFull = true
        while isFull {
            let written = scratch.withUnsafeMutableBufferPointer { room in
                zlib.pointee.next_out = room.baseAddress
                zlib.pointee.avail_out = UInt32(room.count)
                deflate(zlib, mode)
                return room.count - Int(zlib.pointee.avail_out)
            }
            output.append(contentsOf: scratch[..<written])
            // A room that was filled to the end may have left something behind in the stream.
            isFull = written == scratch.count
        }
    }

    private func zstdPiece(_ source: UnsafeRawBufferPointer, mode: ZSTD_EndDirective, to output: inout [UInt8]) {
        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        while true {
            let (left, written) = scratch.withUnsafeMutableBytes { room in
                var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                let left = ZSTD_compressStream2(zstd, &target, &input, mode)
                return (left, target.pos)
            }
            precondition(ZSTD_isError(left) == 0, "zstd compresses whatever it is given")
            output.append(contentsOf: scratch[..<written])
            // Going on, all input must be taken; ending or flushing, nothing may be left inside.
            let isDone = mode == ZSTD_e_continue ? input.pos == input.size : left == 0
            if isDone { return }
        }
    }
}

/// Undoes a coding piece by piece. Several gzip members or zstd frames end to end are one stream. One owner on one thread.
///
/// Input may be cut anywhere. Nothing bounds what comes out of it: the caller counts in `take`, and throws there.
public final class StreamDecompressor {
    private let coding: StreamCoding
    /// At one address for its lifetime: zlib's state points back to it.
    private let zlib = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var zstd: OpaquePointer?
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)
    /// A member or frame has begun and not ended: the stream must not stop here.
    private var isInside = false

    /// - Parameter windowLogMax: of a zstd frame's window, whatever it asks for: the memory that undoing it takes. 64 MiB, unless less is said.
    /// - Parameter takesZlib: of `gzip`: zlib's own wrapper is taken too.
    public init(_ coding: StreamCoding, windowLogMax: Int32 = 26, takesZlib: Bool = false) {
        self.coding = coding
        zlib.initialize(to: z_stream())
        switch coding {
        case .gzip:
            let code = inflateInit2_(zlib, 15 + (takesZlib ? 32 : 16), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            precondition(code == Z_OK, "zlib: out of memory")
        case .zstd:
            guard let context = ZSTD_createDCtx() else { preconditionFailure("zstd: out of memory") }
            ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLogMax)
            zstd = context
        }
    }

    deinit {
        if coding == .gzip { inflateEnd(zlib) }
        zlib.deallocate()
        ZSTD_freeDCtx(zstd)
    }

    /// Hands what comes out for `bytes` to `take`, in pieces of at most 64 KiB.
    ///
    /// - Throws: `.codec` where the bytes are no such stream, and what `take` throws.
    ///
    /// - Parameter bytes: below 4 GiB.
    public func decompress(_ bytes: UnsafeRawBufferPointer, take: (UnsafeRawBufferPointer) throws -> Void) throws {
        switch coding {
        case .gzip: try inflatePiece(bytes, take)
        case .zstd: try zstdPiece(bytes, take)
        }
    }

    /// Says that no more bytes come.
    ///
    /// - Throws: when the stream stops inside a member or frame.
    public func finish() throws {
        if isInside { throw PageError.truncated("the compressed stream") }
    }

    private func inflatePiece(_ source: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        zlib.pointee.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
        zlib.pointee.avail_in = UInt32(source.count)
        while true {
            // Another member may follow on the one before, and begins anew.
            if !isInside {
                if zlib.pointee.avail_in == 0 { return }
                inflateReset(zlib)
                isInside = true
            }
            let (code, written) = scratch.withUnsafeMutableBufferPointer { room in
                zlib.pointee.next_out = room.baseAddress
                zlib.pointee.avail_out = UInt32(room.count)
                let code = inflate(zlib, Z_NO_FLUSH)
                return (code, room.count - Int(zlib.pointee.avail_out))
            }
            if written > 0 { try scratch[..<written].withUnsafeBytes { try take($0) } }
            switch code {
            case Z_STREAM_END: isInside = false
            // The room was filled: there may be more without further input.
            case Z_OK where written == scratch.count: break
            case Z_OK, Z_BUF_ERROR: if zlib.pointee.avail_in == 0 { return }
            default: throw PageError.codec(code: Int(code))
            }
        }
    }

    private func zstdPiece(_ source: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        while true {
            let before = input.pos
            let (left, written) = scratch.withUnsafeMutableBytes { room in
                var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                let left = ZSTD_decompressStream(zstd, &target, &input)
                return (left, target.pos)
            }
            guard ZSTD_isError(left) == 0 else { throw PageError.codec(code: left) }
            // 0: a frame is over and all of it is out. Behind a frame whose end filled the room, a call that takes and gives nothing says what another's header would have.
            if input.pos > before || written > 0 { isInside = left != 0 }
            if written > 0 { try scratch[..<written].withUnsafeBytes { try take($0) } }
            if input.pos == input.size, written < scratch.count { return }
        }
    }
}
