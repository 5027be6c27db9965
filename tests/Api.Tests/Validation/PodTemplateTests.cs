using Api.Tests.Support;

namespace Api.Tests.Validation;

public sealed class PodTemplateTests
{
    [Theory]
    [InlineData("spec: {nodeSelector: {gpu: a100}, tolerations: [{key: x, operator: Exists}], aFieldOfTomorrow: {x: [1]}}")]
    [InlineData("metadata: {labels: {app: x}, annotations: {a: b}}, spec: {securityContext: null}")]
    [InlineData("spec: {containers: [{name: trainer, resources: {limits: {cpu: 4, memory: 10Gi, a/b: '1'}}, env: [{name: NCCL_DEBUG, value: INFO}]}, {name: side, image: x, env: [{name: RANK}]}]}")]
    [InlineData("{}")]
    public void What_the_operator_can_merge_is_valid(string template) =>
        Assert.Equal("", JobYaml.Errors($"workers: {{template: {(template == "{}" ? template : $"{{{template}}}")}}}"));

    [Theory]
    [InlineData("sepc: {}", "sepc: unknown field; did you mean spec?")]
    [InlineData("spec: []", "spec: expected an object, got a list")]
    [InlineData("metadata: {name: x}", "metadata.name: expected only labels and annotations here, the operator decides the rest")]
    [InlineData("metadata: {labels: {a: 1}}", "metadata.labels.a: expected text, got 1; put it in quotes")]
    [InlineData("metadata: {labels: {training.mhc.dev/job: x}}", "metadata.labels[training.mhc.dev/job]: expected no key of training.mhc.dev/, the operator sets those")]
    [InlineData("spec: {restartPolicy: Always}", "spec.restartPolicy: expected nothing, the operator restarts whole gangs; got \"Always\"")]
    [InlineData("spec: {containers: {}}", "spec.containers: expected a list, got an object")]
    [InlineData("spec: {containers: [5]}", "spec.containers[0]: expected an object, got 5")]
    [InlineData("spec: {containers: [{image: x}]}", "spec.containers[0].name: expected a name, got nothing")]
    [InlineData("spec: {containers: [{name: trainer}, {name: trainer}]}", "spec.containers[1].name: expected each name once, got \"trainer\" again")]
    [InlineData("spec: {containers: [{name: main}]}", "spec.containers[0].image: expected an image for a container beside the trainer's (trainer), got nothing")]
    [InlineData("spec: {containers: [{name: trainer-0}]}", "spec.containers[0].image: expected an image for a container beside the trainer's (trainer), got nothing")]
    [InlineData("spec: {initContainers: [{name: fetch}]}", "spec.initContainers[0].image: expected an image, got nothing")]
    [InlineData("spec: {containers: [{name: trainer, env: [{name: RANK, value: '1'}]}]}", "spec.containers[0].env[0].name: expected a name that the trainer contract does not use (torchrun's names and MHC_*), got RANK")]
    [InlineData("spec: {containers: [{name: trainer, resources: {limits: {cpu: lots}}}]}", "spec.containers[0].resources.limits.cpu: expected a Kubernetes quantity, such as 500m or 10Gi, got \"lots\"")]
    [InlineData("spec: {volumes: [{emptyDir: {}}]}", "spec.volumes[0].name: expected a name, got nothing")]
    [InlineData("spec: {nodeSelector: {gpu: true}}", "spec.nodeSelector.gpu: expected text, got true; put it in quotes")]
    [InlineData("spec: {tolerations: [x]}", "spec.tolerations[0]: expected an object, got \"x\"")]
    public void What_the_operator_cannot_merge_is_named(string template, string expected) =>
        Assert.Equal($"spec.workers.template.{expected}", JobYaml.Errors($"workers: {{template: {{{template}}}}}"));

    [Fact]
    public void A_worker_with_several_devices_has_a_trainer_container_for_each() =>
        Assert.Equal("", JobYaml.Errors("workers: {devicesPerWorker: 2, template: {spec: {containers: [{name: trainer}, {name: trainer-1}]}}}"));

    [Fact]
    public void A_template_that_nests_too_deep_is_refused() =>
        Assert.Equal(
            "spec.workers.template: expected at most 40 levels of nesting",
            JobYaml.Errors($"workers: {{template: {{spec: {string.Concat(Enumerable.Repeat("{a: ", 42))}1{new string('}', 42)}}}}}"));
}
