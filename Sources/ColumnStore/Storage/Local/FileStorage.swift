/// A storage whose objects are files of this machine, for what other libraries read and write by themselves: SQLite its databases. All else asks for an
/// `ObjectStorage`.
package protocol FileStorage: ObjectStorage {
    /// Absolute, without a slash at its end.
    var root: String { get }

    func path(of key: String) -> String

    /// Makes the directories above a file that another library writes by itself.
    func prepare(_ key: String) throws(ColumnStoreError)

    /// Makes a file durable that another library has written.
    func synchronize(_ key: String) throws(ColumnStoreError)
}

extension LocalStorage: FileStorage {}
