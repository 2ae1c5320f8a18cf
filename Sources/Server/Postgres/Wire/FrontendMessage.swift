/// What a client says, by PostgreSQL 15's documentation, 55.7 (message formats).
package enum FrontendMessage: Equatable, Sendable {
    case query(String)
    case parse(Parse)
    case bind(Bind)
    case describe(Target)
    /// At most so many rows; 0 is all.
    case execute(portal: String, rowsMax: Int)
    case close(Target)
    case sync
    case flush
    /// A password, or a step of SASL: the same message, told apart by what was asked.
    case password([UInt8])
    case copyData([UInt8])
    case copyDone
    case copyFail(String)
    case functionCall
    case terminate

    package struct Parse: Equatable, Sendable {
        package var name: String
        package var query: String
        /// 0 where the server is to say it.
        package var parameterTypes: [UInt32]

        package init(name: String, query: String, parameterTypes: [UInt32] = []) {
            self.name = name
            self.query = query
            self.parameterTypes = parameterTypes
        }
    }

    package struct Bind: Equatable, Sendable {
        package var portal: String
        package var statement: String
        /// None: all text. One: for all. Else one for each.
        package var parameterFormats: [WireFormat]
        package var parameters: [[UInt8]?]
        package var resultFormats: [WireFormat]

        package init(portal: String, statement: String, parameterFormats: [WireFormat] = [], parameters: [[UInt8]?] = [], resultFormats: [WireFormat] = []) {
            self.portal = portal
            self.statement = statement
            self.parameterFormats = parameterFormats
            self.parameters = parameters
            self.resultFormats = resultFormats
        }
    }

    package enum Target: Equatable, Sendable {
        case statement(String)
        case portal(String)
    }
}

/// On the wire: do not renumber.
package enum WireFormat: Int16, Sendable {
    case text = 0
    case binary = 1
}

/// What a connection begins with. None of them has a type byte.
package enum StartupMessage: Equatable, Sendable {
    case encryption
    case gssEncryption
    case cancel(processID: Int32, key: [UInt8])
    case start(Startup)

    package struct Startup: Equatable, Sendable {
        /// Of protocol 3. Newer ones than 0 are answered with NegotiateProtocolVersion.
        package var minorVersion: Int
        /// In the order in which they came; a name that comes twice counts as it came last.
        package var parameters: [Parameter]

        package struct Parameter: Equatable, Sendable {
            package var name: String
            package var value: String

            package init(_ name: String, _ value: String) {
                self.name = name
                self.value = value
            }
        }

        package init(minorVersion: Int, parameters: [Parameter]) {
            self.minorVersion = minorVersion
            self.parameters = parameters
        }

        package subscript(name: String) -> String? { parameters.last { $0.name == name }?.value }
        /// Options of the protocol itself, of which this server knows none.
        package var unknownOptions: [String] { parameters.map(\.name).filter { $0.hasPrefix("_pq_.") } }
    }
}
