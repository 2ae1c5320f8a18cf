package import Documents

/// A body to be accepted, as a door gives it to the engine.
package struct IntakeRequest: Sendable {
    package enum Form: Sendable {
        case json, xml, ndjson
        /// A header and records, each on its own: what `till import` sends.
        case csv
    }

    package var form: Form
    package var body: [UInt8]
    /// As the client sent it, for the row's `content_type`.
    package var contentType: String
    package var principal: Principal
    /// The type that the call names.
    package var type: String?
    /// The client that the call names.
    package var client: String?
    /// The URL that the call names, before what the document says.
    package var callbackURL: String?
    /// Trace id and flags of the call, for those that follow from it.
    package var trace: String?
    /// The upload that brings it.
    package var uploadID: String?
    /// What is wrong with the body before it is read: it is kept as it came.
    package var refusal: Fault?
    /// Nobody else is being served: the caller's thread may wait for the disk.
    package var isAlone = false

    package init(
        form: Form, body: [UInt8], contentType: String, principal: Principal, type: String? = nil, client: String? = nil,
        callbackURL: String? = nil, trace: String? = nil, uploadID: String? = nil
    ) {
        self.uploadID = uploadID
        self.trace = trace
        self.form = form
        self.body = body
        self.contentType = contentType
        self.principal = principal
        self.type = type
        self.client = client
        self.callbackURL = callbackURL
    }
}
