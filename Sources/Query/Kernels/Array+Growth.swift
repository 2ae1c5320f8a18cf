extension Array {
    /// Elements of the array that `count` elements would be moved to; 0 while there is room.
    func growth(to count: Int) -> Int { count <= capacity ? 0 : Swift.max(count, 2 * capacity) }
}
