internal import CZlib

/// Avro's codec "deflate": RFC 1951 without zlib's header and checksum.
enum AvroDeflate {
    /// A negative window means "raw" to zlib.
    private static let windowBits = -MAX_WBITS

    /// - Precondition: `source` is shorter than 2³² bytes, as zlib counts: the blocks of `AvroFileWriter` are.
    static func compress(_ source: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        let started = deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(started == Z_OK, "zlib: out of memory")
        defer { deflateEnd(&stream) }
        // With room for the worst case one call of `deflate` does all of it.
        let bound = Int(deflateBound(&stream, uLong(source.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            source.withUnsafeBufferPointer { source in
                // zlib reads through a pointer that its header declares mutable.
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.avail_in = uInt(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(target.count)
                let ended = deflate(&stream, Z_FINISH)
                precondition(ended == Z_STREAM_END, "deflateBound was too small")
            }
            count = bound - Int(stream.avail_out)
        }
    }

    /// - Throws: `.badCompression` when the bytes are damaged or give more than `byteCountMax`.
    ///
    /// - Complexity: memory for the result, whose length only `byteCountMax` bounds, and one piece of at most 1 MiB.
    static func decompress(_ source: ArraySlice<UInt8>, byteCountMax: Int) throws(AvroFault) -> [UInt8] {
        var stream = z_stream()
        let started = inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(started == Z_OK, "zlib: out of memory")
        defer { inflateEnd(&stream) }
        var result: [UInt8] = []
        // Neither a tiny block nor a huge one decides what a piece takes.
        var piece = [UInt8](repeating: 0, count: min(max(4 * source.count, 1 << 12), 1 << 20))
        let intact = source.withUnsafeBufferPointer { source in
            stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            stream.avail_in = uInt(source.count)
            while true {
                let status = piece.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = uInt(target.count)
                    return inflate(&stream, Z_NO_FLUSH)
                }
                guard status == Z_OK || status == Z_STREAM_END else { return false }
                let count = piece.count - Int(stream.avail_out)
                // Before the piece is appended: a few kilobytes may claim gigabytes of zeros.
                guard result.count + count <= byteCountMax else { return false }
                result.append(contentsOf: piece[..<count])
                if status == Z_STREAM_END { return true }
                // No progress: the stream was cut off.
                if count == 0 { return false }
            }
        }
        guard intact else { throw .badCompression }
        return result
    }
}
