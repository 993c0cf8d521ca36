using MekongTwin.Contracts;
using MekongTwin.Ingest;
using MekongTwin.Ingest.Mqtt;
using MekongTwin.Silo.Mqtt;

namespace MekongTwin.Silo.Tests;

/// <summary>The cluster edition's subscriber keeps what every subscriber keeps.</summary>
public sealed class SharedSubscriberContract : BrokerContract
{
    protected override IBrokerSubscriber Make(BrokerOptions options, IAdmissions admissions) =>
        new SharedSubscriber(options, admissions, TimeProvider.System);
}
