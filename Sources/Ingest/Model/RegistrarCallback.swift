/// A signed call from a registrar, as it came.
package struct RegistrarCallback: Sendable {
    package var registrar: String
    package var webhookID: String
    package var timestamp: String
    package var signature: String
    package var body: [UInt8]
    package init(registrar: String, webhookID: String, timestamp: String, signature: String, body: [UInt8]) {
        self.registrar = registrar
        self.webhookID = webhookID
        self.timestamp = timestamp
        self.signature = signature
        self.body = body
    }
}
