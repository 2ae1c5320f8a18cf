// BYTE_STREAM_SPLIT (parquet-format, Encodings.md, 9): the first bytes of all values, then the second ones, and so on.

/// Kernels that put the bytes of split values together again. `stride` is the page's value count.
enum ByteStreamSplit {
    static func join32(_ source: UnsafeRawPointer, stride: Int, first: Int, count: Int, into target: UnsafeMutablePointer<UInt32>) {
        let stream = source.assumingMemoryBound(to: UInt8.self) + first
        let (s0, s1, s2, s3) = (stream, stream + stride, stream + 2 * stride, stream + 3 * stride)
        for index in 0..<count {
            target[index] =
                (UInt32(s0[index]) | UInt32(s1[index]) << 8 | UInt32(s2[index]) << 16 | UInt32(s3[index]) << 24).littleEndian
        }
    }

    static func join64(_ source: UnsafeRawPointer, stride: Int, first: Int, count: Int, into target: UnsafeMutablePointer<UInt64>) {
        let stream = source.assumingMemoryBound(to: UInt8.self) + first
        let (s0, s1, s2, s3) = (stream, stream + stride, stream + 2 * stride, stream + 3 * stride)
        let upper = stream + 4 * stride
        let (s4, s5, s6, s7) = (upper, upper + stride, upper + 2 * stride, upper + 3 * stride)
        for index in 0..<count {
            let low = UInt32(s0[index]) | UInt32(s1[index]) << 8 | UInt32(s2[index]) << 16 | UInt32(s3[index]) << 24
            let high = UInt32(s4[index]) | UInt32(s5[index]) << 8 | UInt32(s6[index]) << 16 | UInt32(s7[index]) << 24
            target[index] = (UInt64(low) | UInt64(high) << 32).littleEndian
        }
    }

    /// Values of `width` bytes end to end.
    static func join(
        _ source: UnsafeRawPointer, stride: Int, first: Int, count: Int, width: Int, into target: UnsafeMutablePointer<UInt8>
    ) {
        for byte in 0..<width {
            let stream = source.assumingMemoryBound(to: UInt8.self) + (byte * stride + first)
            var place = target + byte
            for index in 0..<count {
                place.pointee = stream[index]
                place += width
            }
        }
    }
}
