package enum PutOutcome: Sendable { case created, replaced, unchanged }

package struct TypeDescription: Sendable {
    package var name: String
    package var version: Int
    package var table: String
    package var format: String
    /// The type file as it was put.
    package var json: [UInt8]
    package init(name: String, version: Int, table: String, format: String, json: [UInt8]) {
        self.name = name
        self.version = version
        self.table = table
        self.format = format
        self.json = json
    }
}

/// What a type's file was at a time.
package struct TypeVersion: Sendable, Equatable {
    package let version: Int
    /// Microseconds since 1970.
    package let putAt: Int64
    /// As it was put.
    package let json: [UInt8]

    /// Of the files of one page, but for the last.
    package static let pageByteCountMax = 32 << 20

    package init(version: Int, putAt: Int64, json: [UInt8]) { (self.version, self.putAt, self.json) = (version, putAt, json) }
}
