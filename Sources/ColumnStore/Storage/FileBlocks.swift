internal import CLinux

/// The blocks of a file that has no name and is read by its own process alone.
package enum FileBlocks {
    /// Gives those of a range back to the file system, where it can do that; the range then reads as zeros.
    package static func free(_ range: Range<Int>, of descriptor: Int32) {
        _ = till_free_blocks(descriptor, Int64(range.lowerBound), Int64(range.count))
    }
}
