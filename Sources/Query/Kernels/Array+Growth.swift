extension Array {
    /// Elements of the array that `count` elements end in, appended one by one, which doubles on the way; 0 while there is room.
    func growth(to count: Int) -> Int {
        if count <= capacity { return 0 }
        var room = Swift.max(capacity, 4)
        while room < count { room *= 2 }
        return room
    }
}
