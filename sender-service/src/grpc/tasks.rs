//! Tasks for people.

use framme_shared::{
    db::tasks::{self, CloseTask},
    wire::{
        pb::sender::{
            CloseTaskRequest, CloseTaskResponse, ListTasksRequest, ListTasksResponse, task_service_server::TaskService,
        },
        status::Failure,
        task::PageOfTasks,
    },
};
use tonic::{Request, Response, Status};

use super::{Api, failure::storage};

#[tonic::async_trait]
impl TaskService for Api {
    async fn list_tasks(&self, request: Request<ListTasksRequest>) -> Result<Response<ListTasksResponse>, Status> {
        self.admit(&request, "ListTasks").await?;
        Ok(Response::new(self.tasks(request.get_ref()).await?))
    }

    async fn close_task(&self, request: Request<CloseTaskRequest>) -> Result<Response<CloseTaskResponse>, Status> {
        let caller = self.admit(&request, "CloseTask").await?;
        let close = CloseTask {
            number: request.get_ref().number,
            by: caller.holder.to_string(),
        };
        if self.context.database.change(close).await.map_err(storage)? {
            Ok(Response::new(CloseTaskResponse {}))
        } else {
            Err(Failure::NotFound.into())
        }
    }
}

impl Api {
    async fn tasks(&self, request: &ListTasksRequest) -> Result<ListTasksResponse, Failure> {
        let page = PageOfTasks::read(request.page_size, &request.page_token)?;
        let reader = self.context.database.reader();
        let found = tasks::page(reader, page.after, request.include_closed, page.size + 1).await;
        let (tasks, next_page_token) = page.cut(found.map_err(storage)?);
        Ok(ListTasksResponse { tasks, next_page_token })
    }
}
