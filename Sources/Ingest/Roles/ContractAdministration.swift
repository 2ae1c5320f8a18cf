/// Contracts: what a client may do. Changes are durable before these return.
package protocol ContractAdministration: AnyObject, Sendable {
    /// By the bytes of the client ids, those behind `after`, at most `limit`.
    func contracts(after clientID: String?, limit: Int) throws -> [Contract]
    func contract(_ clientID: String) throws -> Contract?
    func putContract(_ contract: Contract) throws -> PutOutcome
    func deleteContract(_ clientID: String) throws
}
