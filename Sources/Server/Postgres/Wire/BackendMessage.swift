/// What the server says, by PostgreSQL 15's documentation, 55.7. Rows of answers do not pass through it: `BackendWriter` has them written in place.
package enum BackendMessage: Equatable, Sendable {
    case authenticationOk
    case authenticationPassword
    case authenticationMechanisms([String])
    case authenticationContinue([UInt8])
    case authenticationFinal([UInt8])
    case keyData(processID: Int32, key: [UInt8])
    case parameterStatus(name: String, value: String)
    case negotiateVersion(newestMinor: Int32, unknownOptions: [String])
    case readyForQuery(TransactionStatus)
    case rowDescription([WireField])
    case dataRow([[UInt8]?])
    case commandComplete(String)
    case emptyQuery
    case error(PostgresFault)
    case notice(PostgresFault)
    case parseComplete
    case bindComplete
    case closeComplete
    case noData
    case parameterDescription([UInt32])
    case portalSuspended
    case copyOut(format: WireFormat, columns: Int)
    case copyData([UInt8])
    case copyDone
}

/// On the wire: do not change.
package enum TransactionStatus: UInt8, Sendable {
    case idle = 0x49, open = 0x54, failed = 0x45
}

/// A column of an answer as RowDescription says it.
package struct WireField: Equatable, Sendable {
    package var name: String
    /// Of a table's column; 0 for what is computed.
    package var table: UInt32 = 0
    package var column: Int16 = 0
    package var type: UInt32
    /// Bytes; −1 for values of any length.
    package var size: Int16
    /// −1 where the type has none.
    package var modifier: Int32
    package var format: WireFormat = .text

    package init(_ name: String, type: UInt32, size: Int16 = -1, modifier: Int32 = -1, format: WireFormat = .text) {
        self.name = name
        self.type = type
        self.size = size
        self.modifier = modifier
        self.format = format
    }
}
