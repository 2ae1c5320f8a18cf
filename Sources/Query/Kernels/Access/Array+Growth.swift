extension Array {
    /// Elements of the array that `count` elements end in at most, appended one by one, which doubles on the way; 0 while there is room.
    /// Tables and states ask for it before they append: such an array is there beside the one that it replaces.
    func growth(to count: Int) -> Int {
        if count <= capacity { return 0 }
        // One doubling begins with what is there; the last of several begins with fewer elements than there will be.
        return Self.capacityBound(2 * capacity >= count ? 2 * capacity : Swift.max(1, 2 * (count - 1)))
    }

    /// Elements of an array that is made for `count`: it uses all of the block that malloc gives. Those of glibc are less than 32 bytes longer than asked for, or a page
    /// where large ones are mapped.
    private static func capacityBound(_ count: Int) -> Int {
        let byteCount = count * MemoryLayout<Element>.stride
        return (byteCount + (byteCount < 64 << 10 ? 32 : 4_096)) / MemoryLayout<Element>.stride
    }
}
