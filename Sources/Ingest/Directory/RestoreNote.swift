import ColumnStore
import Glibc

/// DATA/RESTORING: says whose store a restore makes there.
///
/// It lies there before anything else does, and goes once `FORMAT` is there, durable, so that a restore that is killed at any instant leaves one of these:
///
///     RESTORING            cut off: to be removed, and begun again
///     RESTORING and FORMAT complete: a store like any other, whose first start removes the note
///     FORMAT               complete
///
/// A note that stayed would one day say of a store that has lost its `FORMAT` that nothing is in it yet.
enum RestoreNote {
    static let name = "RESTORING"
    /// To who would begin to work on what is no store.
    static let words = "a restore is under way there, or one that was cut off has left it: once none is, remove it, and restore again"

    /// All is there, `FORMAT` too. One that cannot be removed stays for the first start.
    static func remove(from directory: String) { _ = FileRemoval.remove("\(directory)/\(name)", .temporary) }

    /// What a restore has left that was killed after all was done. Of a directory that has its `FORMAT`, and whose lock this process holds: no restore is under way there.
    static func removeLeft(from directory: String) {
        let path = "\(directory)/\(name)"
        guard access(path, F_OK) == 0 else { return }
        remove(from: directory)
        if access(path, F_OK) != 0 { StoreLog.note("removed a restore's note", path: path, reason: "FORMAT is there: the restore was killed after all was done") }
    }
}
