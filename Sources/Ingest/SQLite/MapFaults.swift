internal import CMapFaults
internal import CSQLite

/// Pages of mapped files that the system cannot read, since the disk does not give them or the file was cut: they read as zeros, where the process would have ended (`CMapFaults`).
///
/// Zeros are no page of SQLite's tables, but they can be the rest of a long text. So whatever was made of them is to be dropped, and the map with them: `check` says whether there were any.
struct MapFaults {
    private static let isTaken = till_map_faults_take() == 0
    private let countBefore: UInt

    /// Of the calling thread, from now on.
    init() {
        _ = Self.isTaken
        countBefore = till_map_faults()
    }

    var areNone: Bool { till_map_faults() == countBefore }

    /// - Throws: damage, as SQLite says of a part that the device does not give where a file is not mapped (SQLITE_IOERR_CORRUPTFS, of which statements make SQLITE_CORRUPT).
    func check(_ path: String) throws(SQLiteError) {
        guard !areNone else { return }
        throw SQLiteError(code: SQLITE_CORRUPT, message: "a page of the file cannot be read: the disk does not give it, or the file was cut", path: path)
    }
}
